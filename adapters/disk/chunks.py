"""The chunks of a file."""

from collections.abc import Awaitable, Callable
from typing import Generic, Self

from domain.blobs.chunks import AnyChunk


class Chunks(Generic[AnyChunk]):
    """The rest of a file, chunk by chunk. Not a generator: one that is left early needs a task to end it."""

    def __init__(self, read: Callable[[], Awaitable[AnyChunk | None]]) -> None:
        self._first: bytes | None = None
        self._read = read

    def begin(self, first: bytes | None) -> bool:
        """Return whether there is a first chunk, which may be empty."""
        self._first = first
        return first is not None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AnyChunk | bytes:
        first, self._first = self._first, None
        chunk = first or await self._read()
        if not chunk:
            raise StopAsyncIteration
        return chunk
