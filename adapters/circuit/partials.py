"""Blobs that arrive in pieces, in a store that fails at once while it is known to be down."""

from collections.abc import AsyncIterable, Sequence

from adapters.circuit.blob_store import CircuitBlobStore
from adapters.circuit.circuit import Circuit
from adapters.circuit.counting import counted
from domain.blobs.partials import Checkpoint, Progress
from domain.blobs.ports import PartialBlobs


class CircuitPartialBlobs:
    """Keeps the port `PartialBlobs` around another's, with the `circuit` of `store`, which keeps its blobs.

    Each call that needs the store fails and counts as those of `CircuitBlobStore` do.
    """

    def __init__(self, partials: PartialBlobs, store: CircuitBlobStore, circuit: Circuit) -> None:
        self._partials = partials
        self._store = store
        self._circuit = circuit

    async def begin(self, key: str, *, size: int | None = None) -> Progress:
        await self._store.admit()
        return await self._partials.begin(key, size=size)

    async def append(
        self, key: str, progress: Progress, body: AsyncIterable[bytes], *, size: int | None, checkpoint: Checkpoint
    ) -> Progress:
        await self._store.admit()
        with counted(self._circuit):
            return await self._partials.append(key, progress, body, size=size, checkpoint=checkpoint)

    def fence(self, progress: Progress) -> Progress:
        return self._partials.fence(progress)

    async def complete(self, key: str, progress: Progress) -> None:
        await self._store.admit()
        with counted(self._circuit):
            await self._partials.complete(key, progress)

    async def concatenate(self, key: str, sources: Sequence[str]) -> None:
        await self._store.admit()
        with counted(self._circuit):
            await self._partials.concatenate(key, sources)
