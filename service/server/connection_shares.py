"""How many connections each worker has, in memory that all workers share, so that none takes more than its share."""

import mmap


class ConnectionShares:
    """The numbers of `workers`, which are forked after this was made. A worker that accepts none has no number."""

    def __init__(self, workers: int) -> None:
        # Each number plus one, and 0 where there is none: a process reads and writes one at once.
        self._counts = memoryview(mmap.mmap(-1, 4 * workers)).cast("I")

    def of(self, worker: int) -> "ConnectionShare":
        """Return the share of the worker with this number, from 0 on."""
        return ConnectionShare(self._counts, worker)

    def forget(self, worker: int) -> None:
        """Count a worker no more, which has ended."""
        self._counts[worker] = 0


class ConnectionShare:
    """The connections of one worker beside those of the others."""

    def __init__(self, counts: "memoryview[int]", worker: int) -> None:
        self._counts = counts
        self._worker = worker
        self._connections = 0
        self._is_accepting = False

    def begin(self) -> None:
        """Count this worker among those that accept connections."""
        self._is_accepting = True
        self.update(self._connections)

    def end(self) -> None:
        """Count it no more: it accepts no other connection."""
        self._is_accepting = False
        self._counts[self._worker] = 0

    def update(self, connections: int) -> None:
        """Say how many are open."""
        self._connections = connections
        if self._is_accepting:
            self._counts[self._worker] = connections + 1

    @property
    def is_all(self) -> bool:
        """Whether there is no other worker."""
        return len(self._counts) == 1

    @property
    def is_ahead(self) -> bool:
        """Whether it has clearly more than another one: more than one, and an eighth of the other's."""
        least = min((count for count in self._counts if count), default=1) - 1
        return self._connections - least > max(1, least // 8)
