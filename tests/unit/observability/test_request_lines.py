"""The lines about requests are those that structlog would write."""

import json

import pytest
import structlog

from service.observability.logs import configure_logs
from service.observability.request_lines import REQUESTS, RequestLine, render_json

PLAIN = RequestLine(
    request_id="r-1.a",
    client="127.0.0.1",
    method="GET",
    path="/v1/files",
    status=200,
    sent=15,
    whole=True,
    milliseconds=0.3,
)
LINES = [
    PLAIN,
    PLAIN._replace(whole=False, milliseconds=12345.0, status=0),
    PLAIN._replace(path="/a=b", client="2001:db8::1"),
    PLAIN._replace(path="/it's"),
    PLAIN._replace(path='/"x"'),
    PLAIN._replace(path="/a\\b\\xff%20"),
    PLAIN._replace(client="", request_id="-"),
]


def logged_by_structlog(line: RequestLine) -> None:
    facts = line._asdict()
    with structlog.contextvars.bound_contextvars(request_id=facts.pop("request_id"), client=facts.pop("client")):
        structlog.get_logger().info("request", **facts)


@pytest.mark.parametrize("format_", ["json", "console"])
@pytest.mark.parametrize("line", LINES)
def test_a_line_about_a_request_is_the_line_of_structlog(
    capsys: pytest.CaptureFixture[str], format_: str, line: RequestLine
) -> None:
    configure_logs(level="info", format_=format_, origins={})
    REQUESTS.add(line)
    logged_by_structlog(line)
    ours, theirs = (without_time(each) for each in capsys.readouterr().err.splitlines())
    assert ours == theirs


def without_time(line: str) -> str:
    """Return a line without the digits of its time, whose microseconds structlog leaves out where there are none."""
    if line.startswith("{"):
        fields = json.loads(line)
        assert fields.pop("timestamp")[10] == "T"
        # Those of a context have no order.
        return json.dumps(fields, sort_keys=True)
    moment, _, rest = line.partition(" ")
    assert (moment[10], moment[-1]) == ("T", "Z")
    return rest


def test_no_line_is_written_below_the_level(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(level="warning", format_="json", origins={})
    REQUESTS.add(PLAIN)
    assert capsys.readouterr().err == ""


def test_the_time_is_the_present_one() -> None:
    before = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "", {})["timestamp"]
    line = json.loads(render_json(PLAIN))["timestamp"]
    after = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "", {})["timestamp"]
    assert before[:19] <= line[:19] <= after[:19]
