"""Blobs that arrive by several appends, in a store that fails at once while its circuit is open."""

from collections.abc import AsyncIterable, Sequence

from adapters.circuit.blob_store import CircuitBlobStore
from domain.blobs.partials import Checkpoint, Progress
from domain.blobs.ports import PartialBlobs


class CircuitPartialBlobs:
    """Keeps the port `PartialBlobs` around another adapter's, whose blobs are in `store`.

    Each call that needs the store fails and counts as a call of `CircuitBlobStore` does.
    """

    def __init__(self, partials: PartialBlobs, store: CircuitBlobStore) -> None:
        self._partials = partials
        self._store = store

    async def begin(self, key: str, *, size: int | None = None) -> Progress:
        await self._store.admit()
        return await self._partials.begin(key, size=size)

    async def append(
        self, key: str, progress: Progress, body: AsyncIterable[bytes], *, size: int | None, checkpoint: Checkpoint
    ) -> Progress:
        async with self._store.call():
            return await self._partials.append(key, progress, body, size=size, checkpoint=checkpoint)

    def fence(self, progress: Progress) -> Progress:
        return self._partials.fence(progress)

    async def complete(self, key: str, progress: Progress) -> None:
        async with self._store.call():
            await self._partials.complete(key, progress)

    async def concatenate(self, key: str, sources: Sequence[str]) -> None:
        async with self._store.call():
            await self._partials.concatenate(key, sources)
