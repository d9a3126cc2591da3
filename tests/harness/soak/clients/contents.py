"""Bytes to store, and how they are sent."""

import hashlib
import random
from collections.abc import AsyncIterator

import msgspec

_BLOCK_BYTES = 26 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024


class Content(msgspec.Struct, frozen=True):
    """Bytes that no other content has, but for the very small ones."""

    data: bytes
    sha256: str


class Contents:
    """Makes contents from a seed: each begins with its number, and goes on with a piece of one random block."""

    def __init__(self, seed: int) -> None:
        self._block = random.Random(seed).randbytes(_BLOCK_BYTES)
        self._made = 0

    def make(self, size: int) -> Content:
        """Return the next content, of `size` bytes."""
        self._made += 1
        data = (self._made.to_bytes(8, "big") + self._block[:size])[:size] if size >= 8 else self._block[:size]
        return Content(data, hashlib.sha256(data).hexdigest())


class ClientLeftError(Exception):
    """The client goes away in the middle of its request."""


class Body:
    """Sends a content in chunks. `leaves_at`: where its client goes away, before the end, if it does."""

    def __init__(self, content: Content, *, declares_length: bool = True, leaves_at: int | None = None) -> None:
        self._data = content.data
        self._leaves_at = leaves_at
        self.headers = {"Content-Length": str(len(content.data))} if declares_length else {}
        # Whether the last chunk was given to the connection: before that, nothing can come of the request.
        self.is_whole = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        end = len(self._data) if self._leaves_at is None else self._leaves_at
        for start in range(0, end, _CHUNK_BYTES):
            chunk = self._data[start : min(start + _CHUNK_BYTES, end)]
            self.is_whole = start + len(chunk) == len(self._data)
            yield chunk
        if self._leaves_at is not None:
            raise ClientLeftError
        self.is_whole = True
