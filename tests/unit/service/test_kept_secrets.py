"""The root key and the service secret that are made once and kept."""

from pathlib import Path

import pytest

from service.embedded import keep_secret
from service.environment import SettingsError


def test_a_secret_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    key = keep_secret(path, prefix="fp_")
    assert key.startswith("fp_")
    assert len(key) > 40
    assert path.stat().st_mode & 0o777 == 0o600
    assert keep_secret(path) == key
    assert keep_secret(tmp_path / "other.key") != key


def test_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    path.touch()
    with pytest.raises(SettingsError, match="empty"):
        keep_secret(path)
