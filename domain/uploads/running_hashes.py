"""SHA-256s of uploads in progress, so that bytes that came through this process need not be read again."""

import hashlib
from collections import OrderedDict
from typing import Any
from uuid import UUID

MAX_HASHES = 1024


class RunningHash:
    """The SHA-256 of the first `size` bytes of an upload."""

    __slots__ = ("_sha256", "size")

    def __init__(self) -> None:
        self._sha256: Any = hashlib.sha256()
        self.size = 0

    def update(self, data: bytes) -> None:
        """Add bytes."""
        self._sha256.update(data)
        self.size += len(data)

    def copy(self) -> "RunningHash":
        """Return an independent copy."""
        copy = RunningHash()
        copy._sha256, copy.size = self._sha256.copy(), self.size
        return copy

    @property
    def sha256(self) -> str:
        """The SHA-256, in lower-case hex."""
        return str(self._sha256.hexdigest())


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
