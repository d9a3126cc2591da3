"""`python -m bench`: what it says before it measures anything."""

from pathlib import Path

import pytest

from bench.__main__ import main


def test_without_wrk_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main([]) == 1
    assert "apt-get install wrk" in capsys.readouterr().err


def test_an_unknown_work_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SystemExit, match=r"no such work; there are .*metadata"):
        main(["--only", "nonsense"])
