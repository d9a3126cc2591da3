"""The lines of the log about requests, rendered once: they are most lines of a log, and cost more than most requests.

They have the fields, in the form that structlog's own renderers give them.
"""

import json
import re
import time
from collections.abc import Callable
from typing import NamedTuple

import structlog

from service.observability.line_writer import LineWriter

log = structlog.get_logger()

# Where the console's form needs quotes.
_UNQUOTED = re.compile(r"[^ \t=\r\n\"']+")


class RequestLine(NamedTuple):
    """A request that has ended. `whole` is whether all of the response was sent, `sent` the bytes of its body."""

    request_id: str
    client: str
    method: str
    path: str
    status: int
    sent: int
    whole: bool
    milliseconds: float


class RequestLog:
    """Logs requests: by structlog, unless it is told otherwise."""

    def __init__(self) -> None:
        self._write: Callable[[RequestLine], None] = _log_by_structlog
        self._writer: LineWriter | None = None

    def gather_lines(self, render: Callable[[RequestLine], str], writer: LineWriter) -> None:
        """Have lines rendered by `render`, and gathered by `writer`, from now on."""
        self._write, self._writer = lambda line: writer.gather(render(line)), writer

    def leave_out(self) -> None:
        """Log no requests from now on."""
        self._write, self._writer = lambda _: None, None

    def leave_to_structlog(self) -> None:
        """Have structlog render and write lines from now on."""
        self._write, self._writer = _log_by_structlog, None

    def add(self, line: RequestLine) -> None:
        """Log a request, within its context."""
        self._write(line)

    def flush(self) -> None:
        """Write what is gathered. A process that ends calls this."""
        if self._writer is not None:
            self._writer.flush()


def _log_by_structlog(line: RequestLine) -> None:
    # The context has the other two.
    log.info(
        "request",
        method=line.method,
        path=line.path,
        status=line.status,
        sent=line.sent,
        whole=line.whole,
        milliseconds=line.milliseconds,
    )


REQUESTS = RequestLog()


def render_json(line: RequestLine) -> str:
    """Return a line as structlog's `JSONRenderer` has it."""
    return (
        f'{{"method": {json.dumps(line.method)}, "path": {json.dumps(line.path)}, "status": {line.status}, '
        f'"sent": {line.sent}, "whole": {"true" if line.whole else "false"}, "milliseconds": {line.milliseconds}, '
        f'"event": "request", "request_id": {json.dumps(line.request_id)}, "client": {json.dumps(line.client)}, '
        f'"level": "info", "timestamp": "{_now()}"}}'
    )


def render_text(line: RequestLine) -> str:
    """Return a line as structlog's `ConsoleRenderer` has it, without colors."""
    return (
        f"{_now()} [info     ] request                        client={_value(line.client)} "
        f"method={_value(line.method)} milliseconds={line.milliseconds} path={_value(line.path)} "
        f"request_id={_value(line.request_id)} sent={line.sent} status={line.status} whole={line.whole}"
    )


def _value(text: str) -> str:
    return text if not text or _UNQUOTED.fullmatch(text) else repr(text)


class _Clock:
    """The time of lines. Most of its text changes once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def __call__(self) -> str:
        second, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        if second != self._second:
            self._second = second
            self._text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._text}.{nanoseconds // 1000:06d}Z"


_now = _Clock()
