"""Several parts of a file in one response: `multipart/byteranges` (RFC 9110, section 14.6)."""

import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from domain.files.content.read_file import FileContent
from domain.values.ranges import ByteRange
from service.http.headers.ranges import content_range


class Byteranges:
    """The parts as one body, whose length is known beforehand. Each part is opened when the one before it has ended."""

    def __init__(self, content: FileContent, parts: Sequence[ByteRange]) -> None:
        boundary = secrets.token_hex(16)
        self._content = content
        self._parts = [(_head(boundary, content, part, is_first=index == 0), part) for index, part in enumerate(parts)]
        self._end = f"\r\n--{boundary}--\r\n".encode()
        self.content_type = f"multipart/byteranges; boundary={boundary}"

    @property
    def length(self) -> int:
        """The body's length in bytes."""
        return sum(len(head) + part.length for head, part in self._parts) + len(self._end)

    @asynccontextmanager
    async def body(self) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open the body with its first part, so that missing bytes are an error before the response begins."""
        first_head, first_part = self._parts[0]
        async with self._content.part(first_part) as first, aclosing(self._chunks(first_head, first)) as chunks:
            yield chunks

    async def _chunks(self, first_head: bytes, first: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        yield first_head
        async for chunk in first:
            yield chunk
        for head, part in self._parts[1:]:
            async with self._content.part(part) as chunks:
                yield head
                async for chunk in chunks:
                    yield chunk
        yield self._end


def _head(boundary: str, content: FileContent, part: ByteRange, *, is_first: bool) -> bytes:
    lines = (
        f"--{boundary}" if is_first else f"\r\n--{boundary}",
        f"Content-Type: {content.file.content_type}",
        f"Content-Range: {content_range(part, content.file.size)}",
    )
    return "\r\n".join((*lines, "", "")).encode("latin-1")
