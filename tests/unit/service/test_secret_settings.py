"""A secret is a variable, a file, or the text of a secret elsewhere: exactly one of them, and none is ever shown."""

from pathlib import Path

import pytest

from service.cli import main
from service.environment import SettingsError
from service.settings import Settings, read_settings, unknown_settings

KEY = "hunter2-hunter2-hunter2"
SECRET = "hunter2-hunter2-hunter2-hunter2-hunter2"
URL = "postgresql://fileport:hunter2@db/fileport"

# Each secret setting: its name without the prefix, a right value, and how to read it.
SECRETS = [("ROOT_KEY", KEY), ("SERVICE_SECRET", SECRET), ("SERVICE_SECRET_PREVIOUS", SECRET), ("DATABASE_URL", URL)]
IN_MANAGER = [("ROOT_KEY", KEY), ("SERVICE_SECRET", SECRET), ("SERVICE_SECRET_PREVIOUS", SECRET)]


def value_of(settings: Settings, name: str) -> object:
    return getattr(settings, name.lower())


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as raised:
        read_settings(environ)
    message = str(raised.value)
    assert "\n" not in message
    assert "hunter2" not in message
    assert raised.value.__cause__ is None
    return message


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_a_secret_is_read_from_a_file_without_the_newline_at_its_end(
    tmp_path: Path, name: str, value: str, end: str
) -> None:
    file = tmp_path / "secret"
    file.write_bytes(f"{value}{end}".encode())
    environ = {f"FILEPORT_{name}_FILE": str(file)}
    assert value_of(read_settings(environ), name) == value
    # Compose files leave variables empty.
    assert value_of(read_settings({**environ, f"FILEPORT_{name}": ""}), name) == value
    assert "hunter2" not in repr(read_settings(environ))


@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_a_file_that_holds_no_secret_stops_the_start(tmp_path: Path, name: str, value: str) -> None:
    form = f"FILEPORT_{name}_FILE"
    file = tmp_path / "secret"
    assert refusal({form: str(file)}) == f"{form} names a file that cannot be read, No such file or directory."
    assert refusal({form: str(tmp_path)}) == f"{form} names a file that cannot be read, Is a directory."
    for content in (b"", b"\n", b" \r\n"):
        file.write_bytes(content)
        assert refusal({form: str(file)}) == f"{form} leads to an empty secret."
    file.write_bytes(value.encode() + b"\xff")
    assert refusal({form: str(file)}) == f"{form} names a file that is not text in UTF-8."
    assert refusal({form: "/dev/zero"}) == f"{form} names a file of more than 65536 bytes."


@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_the_value_in_the_place_of_a_path_is_not_shown(name: str, value: str) -> None:
    assert refusal({f"FILEPORT_{name}_FILE": value}).startswith(f"FILEPORT_{name}_FILE ")
    assert refusal({f"FILEPORT_{name}_FILE": f"{value}\0"}).startswith(f"FILEPORT_{name}_FILE ")


@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_a_secret_in_two_forms_stops_the_start(tmp_path: Path, name: str, value: str) -> None:
    file = tmp_path / "secret"
    file.write_text(value)
    both = {f"FILEPORT_{name}": value, f"FILEPORT_{name}_FILE": str(file)}
    assert refusal(both) == f"FILEPORT_{name} and FILEPORT_{name}_FILE are set: one of them is enough."


def test_a_secret_from_a_file_is_checked_as_any_other(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    for name, wrong in (("ROOT_KEY", "hunter2"), ("ROOT_KEY", f"{KEY}\nhunter2"), ("DATABASE_URL", "hunter2://db/x")):
        file.write_text(wrong)
        assert refusal({f"FILEPORT_{name}_FILE": str(file)}).startswith(f"FILEPORT_{name} ")


@pytest.mark.parametrize(("name", "value"), IN_MANAGER)
def test_a_secret_is_read_where_its_id_leads(name: str, value: str) -> None:
    form = f"{name}_SECRET_ID"
    kept = {(form, "prod/secret"): f"{value}\n"}
    environ = {f"FILEPORT_{form}": "prod/secret"}
    assert value_of(read_settings(environ, lambda *asked: kept[asked]), name) == value
    with pytest.raises(SettingsError, match=rf"^FILEPORT_{form} leads to an empty secret\.$"):
        read_settings(environ, lambda *_: "")
    with pytest.raises(SettingsError, match=rf"^FILEPORT_{name}_FILE and FILEPORT_{form} are set"):
        read_settings({**environ, f"FILEPORT_{name}_FILE": "/run/secrets/x"}, lambda *asked: kept[asked])


def test_every_form_is_a_setting_that_is_known(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(KEY)
    assert unknown_settings({"FILEPORT_ROOT_KEY_FILE": str(file)}) == {}
    assert unknown_settings({"FILEPORT_ROOT_KEY_SECRET_ID": "id"}, lambda *_: KEY) == {}
    for wrong, nearest in (
        ("FILEPORT_ROOT_KEY_FIEL", "FILEPORT_ROOT_KEY_FILE"),
        ("FILEPORT_DATABASE_URL_FILES", "FILEPORT_DATABASE_URL_FILE"),
        ("FILEPORT_ROOT_SECRET_ID", "FILEPORT_ROOT_KEY_SECRET_ID"),
    ):
        assert unknown_settings({wrong: "1"}) == {wrong: nearest}


def test_the_command_ends_with_the_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"FILEPORT_DATA_DIR": str(tmp_path), "FILEPORT_ROOT_KEY": KEY, "FILEPORT_ROOT_KEY_FILE": "/x"}
    assert main(["serve"], environ) == 1
    assert capsys.readouterr().err == (
        "fileport: FILEPORT_ROOT_KEY and FILEPORT_ROOT_KEY_FILE are set: one of them is enough.\n"
    )
