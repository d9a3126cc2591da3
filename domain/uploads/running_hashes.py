"""Hashes of uploads in progress, so that bytes that came through this process need not be read again."""

from collections import OrderedDict
from uuid import UUID

from domain.blobs.running_hash import RunningHash

MAX_HASHES = 1024


class RunningHashes:
    """Keeps the hashes of up to `limit` uploads between their requests, the ones used last."""

    def __init__(self, limit: int = MAX_HASHES) -> None:
        self._limit = limit
        self._hashes: OrderedDict[UUID, RunningHash] = OrderedDict()

    def take(self, id: UUID, size: int) -> RunningHash | None:
        """Remove and return the hash of the upload's first `size` bytes; None if it is not known."""
        kept = self._hashes.pop(id, None)
        if size == 0:
            return RunningHash()
        return kept if kept is not None and kept.size == size else None

    def keep(self, id: UUID, hash_: RunningHash) -> None:
        """Keep the hash for the upload's next request."""
        self._hashes[id] = hash_
        self._hashes.move_to_end(id)
        if len(self._hashes) > self._limit:
            self._hashes.popitem(last=False)
