"""Log lines: readable by machines and people, and without secrets."""

import json
import logging

import pytest
import structlog

from service.observability.logs import configure_logs


def fail_with_a_secret_at_hand() -> None:
    password = "hunter2"  # noqa: F841 - a local variable, as an error's traceback may see it
    raise RuntimeError("broken")


@pytest.mark.parametrize("format_", ["json", "console"])
def test_a_traceback_shows_no_local_variable(capsys: pytest.CaptureFixture[str], format_: str) -> None:
    configure_logs(level="info", format_=format_, origins={})
    try:
        fail_with_a_secret_at_hand()
    except RuntimeError as error:
        structlog.get_logger().error("request failed", exc_info=error)
    line = capsys.readouterr().err
    assert "RuntimeError" in line
    assert "fail_with_a_secret_at_hand" in line
    assert "'hunter2'" not in line


def test_json_lines_carry_the_request_id_and_libraries_speak_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="info", format_="json", origins={})
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger().info("request", status=200)
        logging.getLogger("some.library").warning("slow %s", "disk")
        logging.getLogger("botocore").info("chatter")
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["level"], ours["status"], ours["request_id"]) == ("request", "info", 200, "r1")
    assert (theirs["event"], theirs["level"], theirs["request_id"]) == ("slow disk", "warning", "r1")
    assert ours["timestamp"].endswith("Z")


def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="warning", format_="json", origins={})
    structlog.get_logger().info("request")
    assert capsys.readouterr().err == ""
