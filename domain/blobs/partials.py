"""Blobs that arrive in pieces: their progress, and bodies that may break off."""

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import Any, Self

import msgspec


class Progress(msgspec.Struct, frozen=True):
    """The progress of a blob in pieces: `size` bytes of it are durable.

    The catalog keeps it between calls. `state` is the blob store's own: JSON, and opaque to everything else.
    """

    size: int
    state: Mapping[str, Any]


Checkpoint = Callable[[Progress], Awaitable[None]]


class InterruptibleBody:
    """Iterates over a body that may break off. The iteration then ends, and `failure` holds the error of the body.

    A cancellation is not an error of the body, and is raised.
    """

    def __init__(self, body: AsyncIterable[bytes]) -> None:
        self._chunks = aiter(body)
        self.failure: Exception | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except StopAsyncIteration:
            raise
        except Exception as error:  # noqa: BLE001 - the reader raises `failure` once it has kept the bytes
            self.failure = error
            raise StopAsyncIteration from None
