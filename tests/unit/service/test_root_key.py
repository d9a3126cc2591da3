"""The root key that is made once and kept."""

from pathlib import Path

import pytest

from service.embedded import keep_root_key
from service.environment import SettingsError


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    key = keep_root_key(path)
    assert len(key) > 40
    assert path.stat().st_mode & 0o777 == 0o600
    assert keep_root_key(path) == key
    assert keep_root_key(tmp_path / "other.key") != key


def test_an_empty_key_file_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    path.touch()
    with pytest.raises(SettingsError, match="empty"):
        keep_root_key(path)
