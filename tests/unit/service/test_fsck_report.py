"""How a check ends where no stack is needed to see it; `tests/integration/service` runs it for real."""

import sys
from io import StringIO
from pathlib import Path

import pytest

from domain.maintenance.model import CheckCounts
from service import fsck
from service.cli import main

URL = {"FILEPORT_DATABASE_URL": "postgresql://fileport@127.0.0.1:1/fileport"}


@pytest.mark.parametrize(
    "environ",
    [{"FILEPORT_PORT": "x"}, URL, {"FILEPORT_DATA_DIR": "/nowhere"}],
    ids=["setting", "database", "directory"],
)
def test_a_failed_check_is_one_line_and_status_2(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fsck", "--json", "--repair"], environ) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("fileport: ")
    assert said.err.count("\n") == 1


def test_a_bug_is_not_taken_for_findings(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    async def fail(_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(fsck, "check_catalog", fail)
    assert main(["fsck"], URL) == 2
    assert "a bug" in capsys.readouterr().err


def test_a_reader_that_is_gone_is_not_taken_for_findings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Gone(StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    async def check(*_: object) -> fsck.Outcome:
        return fsck.Outcome(clean=True, deep=False, findings=[], checked=CheckCounts())

    monkeypatch.setattr(fsck, "_check", check)
    monkeypatch.setattr(sys, "stdout", Gone())
    assert main(["fsck"], URL) == 2


def test_force_is_for_repairs_only(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fsck", "--force"], {})
    assert ended.value.code == 2
    assert "--force is for --repair" in capsys.readouterr().err
