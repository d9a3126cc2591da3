"""The bytes of a part while they arrive."""

from anyio.to_thread import run_sync

from adapters.s3.multipart.budget import Budget
from adapters.s3.part import Part, Piece
from adapters.s3.spool import Spool

# Held without being counted: so that small bodies neither count nor spill.
_FREE_SIZE = 64 * 1024
_STEP = 1024 * 1024
# Shorter pieces are joined: an object for each would take more memory than their bytes.
_SHORT = 8 * 1024


class Gathering:
    """Collects pieces in memory that it takes from `memory`, and in a temporary file where there is none left.

    It never waits for memory: a slow client that holds some does not keep others waiting. Where no file can be made, or
    the disk is full, the pieces stay in memory all the same.
    """

    def __init__(self, memory: Budget) -> None:
        self._memory = memory
        self._pieces: list[Piece] = []
        self._short = bytearray()
        self._in_memory = 0
        self._granted = 0
        self._spool: Spool | None = None
        self._may_spool = True
        self.size = 0

    def add(self, piece: Piece) -> None:
        """Add bytes behind those before. `spill`, if it is due, has to follow."""
        size = len(piece)
        self.size += size
        self._in_memory += size
        if size < _SHORT:
            self._short += piece
            if len(self._short) < _FREE_SIZE:
                return
            piece = b""
        self._join_short()
        if piece:
            self._pieces.append(piece)

    def is_spill_due(self) -> bool:
        """Return whether there is more in memory than may be; takes more memory, where there is some left."""
        while self._may_spool and self._in_memory > self._granted + _FREE_SIZE:
            if self._spool is not None or not self._memory.try_acquire(_STEP):
                return True
            self._granted += _STEP
        return False

    async def spill(self) -> None:
        """Move what is in memory to the disk."""
        self._join_short()
        try:
            if self._spool is None:
                self._spool = await run_sync(Spool)
            await run_sync(self._spool.drain, self._pieces)
        except OSError:
            self._may_spool = False
        self._in_memory = sum(map(len, self._pieces))
        if not self._in_memory:
            self._memory.release(self._granted)
            self._granted = 0

    def take(self) -> Part:
        """Hand over the bytes, and begin anew."""
        self._join_short()
        granted, self._granted = self._granted, 0
        part = Part(self._pieces, spool=self._spool, release=lambda: self._memory.release(granted))
        self._pieces, self._spool = [], None
        self.size = self._in_memory = 0
        return part

    def _join_short(self) -> None:
        if self._short:
            self._pieces.append(bytes(self._short))
            self._short = bytearray()
