"""The unit of sending: a whole body, or a part of one."""

import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence

from anyio.to_thread import run_sync

from adapters.s3.spool import Spool

# Below this, going to a thread takes longer than the hash does.
_INLINE_SIZE = 64 * 1024
_PIECE_SIZE = 64 * 1024

Piece = bytes | memoryview


class Part:
    """Consecutive bytes of a body: those in `spool`, if there is one, and then `pieces`. They may be read repeatedly.

    `release`, if given, is called when the part is released, which its maker has to see to.
    """

    def __init__(
        self, pieces: Sequence[Piece] = (), *, spool: Spool | None = None, release: Callable[[], None] | None = None
    ) -> None:
        self._before: Sequence[Piece] = ()
        self._spool = spool
        self._pieces = pieces
        self._release = release
        self._is_released = False
        self.size = sum(map(len, pieces)) + (spool.size if spool else 0)

    @property
    def is_spooled(self) -> bool:
        """Whether some of it is on the disk."""
        return self._spool is not None

    @property
    def is_released(self) -> bool:
        """Whether its bytes are gone."""
        return self._is_released

    def following(self, pieces: Sequence[Piece]) -> "Part":
        """Return the part that has `pieces` before the bytes of this one, and is released with it."""
        joined = Part(self._pieces, spool=self._spool, release=self.release)
        joined._before = [*pieces, *self._before]
        joined.size = self.size + sum(map(len, pieces))
        return joined

    async def md5(self) -> str:
        """Return the value of `Content-MD5` (RFC 1864), which finds damage, not forgery."""
        return self._md5() if self.size <= _INLINE_SIZE and not self.is_spooled else await run_sync(self._md5)

    def pieces(self) -> list[Piece]:
        """Return the bytes of a part that is not spooled."""
        return [*self._before, *self._pieces]

    async def read(self) -> AsyncIterator[Piece]:
        """Yield the bytes, piece by piece."""
        for piece in self._before:
            yield piece
        if self._spool is not None:
            for start in range(0, self._spool.size, _PIECE_SIZE):
                yield await run_sync(self._spool.read, start, _PIECE_SIZE)
        for piece in self._pieces:
            yield piece

    def release(self) -> None:
        """Free the memory, or the file. Idempotent; the part cannot be read after it."""
        release, self._release, self._is_released = self._release, None, True
        self._before = self._pieces = ()
        if self._spool is not None:
            self._spool.close()
        if release is not None:
            release()

    def _md5(self) -> str:
        digest = hashlib.md5(usedforsecurity=False)
        for piece in self._before:
            digest.update(piece)
        if self._spool is not None:
            for start in range(0, self._spool.size, _PIECE_SIZE):
                digest.update(self._spool.read(start, _PIECE_SIZE))
        for piece in self._pieces:
            digest.update(piece)
        return b64encode(digest.digest()).decode("ascii")
