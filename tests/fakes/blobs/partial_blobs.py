"""Blobs in pieces, in memory: in the same place as the fake blob store's."""

from collections.abc import AsyncIterable, Sequence
from contextlib import suppress

import anyio

from domain.blobs.errors import BlobMissingError
from domain.blobs.partials import Checkpoint, InterruptibleBody, Progress
from domain.errors import FileportError
from domain.values.ids import new_id
from tests.fakes.blobs.store import FakeBlobStore


class FakePartialBlobs:
    """Keeps each piece under a name of its own, one every `piece_size` bytes, and their order in the progress."""

    def __init__(self, blobs: FakeBlobStore, *, piece_size: int = 64 * 1024) -> None:
        self._blobs = blobs
        self._piece_size = piece_size

    async def begin(self, key: str, *, size: int | None = None) -> Progress:
        self._blobs.reach()
        return Progress(size=0, state={"pieces": []})

    async def append(
        self,
        key: str,
        progress: Progress,
        body: AsyncIterable[bytes],
        *,
        size: int | None,
        checkpoint: Checkpoint,
    ) -> Progress:
        self._blobs.reach()
        try:
            self._pieces(key, progress)
        except BlobMissingError:
            await checkpoint(progress)
            raise
        interruptible = InterruptibleBody(body)
        waiting = bytearray()
        try:
            async for chunk in interruptible:
                waiting += chunk
                if len(waiting) >= self._piece_size:
                    progress, waiting = self._keep(key, progress, waiting), bytearray()
                    await checkpoint(progress)
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True), suppress(FileportError):
                if waiting:
                    await checkpoint(self._keep(key, progress, waiting))
            raise
        if waiting:
            progress = self._keep(key, progress, waiting)
            await checkpoint(progress)
        if interruptible.failure is not None:
            raise interruptible.failure
        return progress

    def fence(self, progress: Progress) -> Progress:
        return progress

    async def complete(self, key: str, progress: Progress) -> None:
        self._blobs.reach()
        if key not in self._blobs.stored:
            self._blobs.stored[key] = b"".join(self._pieces(key, progress))
        self._blobs.pieces.pop(key, None)

    async def concatenate(self, key: str, sources: Sequence[str]) -> None:
        self._blobs.reach()
        missing = [source for source in sources if source not in self._blobs.stored]
        if missing:
            raise BlobMissingError("The bytes are not in the store.")
        self._blobs.stored[key] = b"".join(self._blobs.stored[source] for source in sources)

    def _keep(self, key: str, progress: Progress, data: bytearray) -> Progress:
        self._blobs.reach()
        name = new_id().hex
        self._blobs.pieces.setdefault(key, {})[name] = bytes(data)
        return Progress(size=progress.size + len(data), state={"pieces": [*progress.state["pieces"], name]})

    def _pieces(self, key: str, progress: Progress) -> list[bytes]:
        kept = self._blobs.pieces.get(key, {})
        try:
            return [kept[name] for name in progress.state["pieces"]]
        except KeyError:
            raise BlobMissingError("The bytes are not in the store.") from None
