"""206: one part of a representation, or several as `multipart/byteranges` (RFC 9110, section 14.6)."""

import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus

import msgspec

from domain.blobs.chunks import Chunk, SendableBody
from domain.values.ranges import ByteRange
from service.http.headers.ranges import content_range
from service.http.streaming import ContentResponse
from service.runtime.concurrency import ConcurrencyLimit


class Representation(msgspec.Struct, frozen=True):
    """`size` bytes of that type, of which `open` opens any part."""

    content_type: str
    size: int
    open: Callable[[ByteRange], SendableBody]


def partial_response(
    representation: Representation, parts: Sequence[ByteRange], headers: Mapping[str, str], limit: ConcurrencyLimit
) -> ContentResponse:
    """Return the response with these parts; `headers` are those that it has in common with the whole."""
    if len(parts) == 1:
        [part] = parts
        own = {"Content-Range": content_range(part, representation.size)}
        body, length = representation.open(part), part.length
    else:
        byteranges = _Byteranges(representation, parts)
        own = {"Content-Type": byteranges.content_type}
        body, length = byteranges.body(), byteranges.length
    own["Content-Length"] = str(length)
    return ContentResponse(body, {**headers, **own}, limit, size=length, status=HTTPStatus.PARTIAL_CONTENT)


class _Byteranges:
    """The parts as one body, whose length is known beforehand. Each part is opened when the one before it has ended."""

    def __init__(self, representation: Representation, parts: Sequence[ByteRange]) -> None:
        boundary = secrets.token_hex(16)
        self._open = representation.open
        self._parts = [
            (_head(boundary, representation, part, is_first=index == 0), part) for index, part in enumerate(parts)
        ]
        self._end = f"\r\n--{boundary}--\r\n".encode()
        self.content_type = f"multipart/byteranges; boundary={boundary}"

    @property
    def length(self) -> int:
        """The body's length in bytes."""
        return sum(len(head) + part.length for head, part in self._parts) + len(self._end)

    @asynccontextmanager
    async def body(self) -> AsyncIterator[AsyncIterator[Chunk]]:
        """Open the body with its first part, so that missing bytes are an error before the response begins."""
        first_head, first_part = self._parts[0]
        async with self._open(first_part) as first, aclosing(self._chunks(first_head, first)) as chunks:
            yield chunks

    async def _chunks(self, first_head: bytes, first: AsyncIterator[Chunk]) -> AsyncGenerator[Chunk]:
        yield first_head
        async for chunk in first:
            yield chunk
        for head, part in self._parts[1:]:
            async with self._open(part) as chunks:
                yield head
                async for chunk in chunks:
                    yield chunk
        yield self._end


def _head(boundary: str, representation: Representation, part: ByteRange, *, is_first: bool) -> bytes:
    lines = (
        f"--{boundary}" if is_first else f"\r\n--{boundary}",
        f"Content-Type: {representation.content_type}",
        f"Content-Range: {content_range(part, representation.size)}",
    )
    return "\r\n".join((*lines, "", "")).encode("latin-1")
