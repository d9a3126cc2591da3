"""The head of a response in bytes (RFC 9112, sections 4 and 5)."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import NamedTuple

_NO_TOKEN = re.compile(b'[\x00-\x1f\x7f()<>@,;:\\[\\]={} \t\\\\"]')
# All but the tab.
_CONTROLS = bytes({*range(32), 127} - {9})
_LENGTH, _CODING, _CONNECTION = b"content-length: ", b"transfer-encoding: ", b"connection: "


def _status_line(status: int) -> bytes:
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


_STATUS_LINES = {status: _status_line(status) for status in range(100, 600)}
# Lines, up to their values, by the names of fields as they are given: most responses have the same few.
_MOST_LINES = 1024
_lines = {each[:-2]: each for each in (_LENGTH, _CODING, _CONNECTION)}


class ResponseHead(NamedTuple):
    """A head in bytes, but for the empty line at its end, and what it says of the body and of the connection."""

    data: bytes
    length: int | None
    is_chunked: bool
    closes: bool


def encode_head(status: int, fields: Iterable[tuple[bytes, bytes]]) -> ResponseHead:
    """Return the head. Raises `RuntimeError` for a field that would not be one."""
    length: int | None = None
    is_chunked = closes = False
    parts = [_STATUS_LINES[status]]
    for name, value in fields:
        line = _lines.get(name) or _line_of(name)
        parts += (line, value, b"\r\n")
        if line is _LENGTH:
            length = int(value)
        elif line is _CODING:
            is_chunked = value.lower() == b"chunked"
        elif line is _CONNECTION:
            closes = b"close" in [token.strip() for token in value.lower().split(b",")]
    data = b"".join(parts)
    # The end of each line, and of the status line, has two controls. No other may be there (RFC 9110, section 5.5).
    if len(data) - len(data.translate(None, _CONTROLS)) != 2 * (len(parts) + 2) // 3:
        raise RuntimeError("Invalid HTTP header value.")
    return ResponseHead(data, length, is_chunked, closes)


def _line_of(name: bytes) -> bytes:
    if not name or _NO_TOKEN.search(name):
        raise RuntimeError("Invalid HTTP header name.")
    lowered = name.lower()
    line = _lines.get(lowered, lowered + b": ")
    if len(_lines) < _MOST_LINES:
        _lines[name] = line
    return line
