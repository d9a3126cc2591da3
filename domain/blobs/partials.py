"""Blobs that arrive in pieces: how far they are, and pieces that may break off."""

from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import Any, Self

import msgspec


class Progress(msgspec.Struct, frozen=True):
    """How far a blob in pieces is: `size` bytes of it are durable.

    The catalog keeps it between calls. `state` is the blob store's own: JSON, and opaque to everybody else.
    """

    size: int
    state: Mapping[str, Any]


Checkpoint = Callable[[Progress], Awaitable[None]]


class InterruptibleBody:
    """The bytes of a body that may break off. They end where it does; `failure` then says how it broke.

    A cancellation is nothing that the body raised, and goes on.
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
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever reads the piece raises it
            self.failure = error
            raise StopAsyncIteration from None
