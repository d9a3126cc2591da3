"""The command, as far as it goes without a stack; `tests/integration/service` runs it for real."""

from pathlib import Path

import pytest

from service.cli import main


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"], {})
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("fileport 0.")


@pytest.mark.parametrize("arguments", [[], ["sing"], ["serve", "--loudly"]])
def test_wrong_arguments_are_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments, {})
    assert ended.value.code == 2
    assert "usage: fileport" in capsys.readouterr().err


def test_a_wrong_setting_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve"], {"FILEPORT_PORT": "x"}) == 1
    assert capsys.readouterr().err == "fileport: FILEPORT_PORT is not a number.\n"


def test_a_data_directory_that_cannot_be_is_one_line_and_status_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["migrate"], {"FILEPORT_DATA_DIR": str(tmp_path / "file" / "data")}) == 1
    line = capsys.readouterr().err
    assert line.startswith("fileport: ")
    assert line.count("\n") == 1
