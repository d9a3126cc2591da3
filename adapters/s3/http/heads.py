"""The heads of requests and responses (RFC 9112)."""

from collections.abc import Mapping
from typing import NamedTuple

# For a head: S3's have less than 2 KiB.
MAX_HEAD_BYTES = 64 * 1024
_BODILESS = frozenset({204, 304})


class MalformedResponseError(ConnectionError):
    """What was received is no response of HTTP/1.1."""


class ResponseHead(NamedTuple):
    """The names of `headers` are lower case; of those that are repeated the last one counts.

    `body_size` is None where the body is chunked, or ends with the connection.
    """

    status: int
    reason: str
    headers: dict[str, str]
    body_size: int | None
    is_chunked: bool
    keeps_alive: bool


def encode_head(method: str, target: str, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request. Its values are ours: they have no controls."""
    fields = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    return f"{method} {target} HTTP/1.1\r\n{fields}\r\n".encode("latin-1")


def parse_head(data: bytes, *, is_bodiless: bool) -> ResponseHead:
    """Return the head that `data` is, without the empty line. `is_bodiless`: it is the response to HEAD.

    Raises `MalformedResponseError`.
    """
    line, *lines = data.decode("latin-1").split("\r\n")
    version, _, rest = line.partition(" ")
    code, _, reason = rest.partition(" ")
    if version not in {"HTTP/1.1", "HTTP/1.0"} or len(code) != 3 or not code.isdecimal():
        raise MalformedResponseError("The response has no status line.")
    headers: dict[str, str] = {}
    for each in lines:
        name, colon, value = each.partition(":")
        name, value = name.lower(), value.strip(" \t")
        if not colon or not name or name != name.strip():
            raise MalformedResponseError("The response has a line that is no header.")
        if name == "content-length" and headers.get(name, value) != value:
            raise MalformedResponseError("The response has two lengths.")
        headers[name] = value
    status = int(code)
    is_chunked = "transfer-encoding" in headers
    if is_chunked and headers["transfer-encoding"].lower() != "chunked":
        raise MalformedResponseError("The response has an unknown transfer coding.")
    # Section 6.3.
    body_size: int | None = None
    if is_bodiless or status < 200 or status in _BODILESS:
        body_size, is_chunked = 0, False
    elif not is_chunked and (length := headers.get("content-length")) is not None:
        body_size = content_length(length)
    connection = headers.get("connection", "").lower()
    keeps_alive = body_size is not None and version == "HTTP/1.1" and "close" not in connection
    return ResponseHead(status, reason, headers, body_size, is_chunked, keeps_alive)


def content_length(value: str) -> int:
    """Return the length that `Content-Length` tells. Raises `MalformedResponseError`."""
    if not (value.isascii() and value.isdecimal()):
        raise MalformedResponseError("The response has a length that is no number.")
    return int(value)


def decode_chunks(data: bytes) -> bytes | None:
    """Return the content of a chunked body (section 7.1); None where its end is missing. Trailers are dropped.

    Raises `MalformedResponseError`.
    """
    content = bytearray()
    at = 0
    while (end := data.find(b"\r\n", at)) >= 0:
        try:
            size = int(data[at:end].partition(b";")[0], 16)
        except ValueError:
            raise MalformedResponseError("The response has a chunk without a size.") from None
        if size == 0:
            return bytes(content) if data.find(b"\r\n\r\n", end) >= 0 else None
        content += data[end + 2 : end + 2 + size]
        at = end + 2 + size + 2
    return None
