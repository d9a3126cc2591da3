"""The unit of sending: a whole body, or a part of one."""

import hashlib
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from anyio.to_thread import run_sync

from adapters.s3.spool import Spool

# Below these, going to a thread takes longer than the checksum does.
_INLINE_MD5_SIZE = 64 * 1024
_INLINE_CRC32_SIZE = 512 * 1024
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
        """Return the value of `Content-MD5` (RFC 1864)."""
        return self._md5() if self.size <= _INLINE_MD5_SIZE and not self.is_spooled else await run_sync(self._md5)

    async def crc32(self) -> str:
        """Return the value of `x-amz-checksum-crc32` (S3's API, PutObject)."""
        return self._crc32() if self.size <= _INLINE_CRC32_SIZE and not self.is_spooled else await run_sync(self._crc32)

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
        for piece in self._all():
            digest.update(piece)
        return b64encode(digest.digest()).decode("ascii")

    def _crc32(self) -> str:
        crc32 = 0
        for piece in self._all():
            crc32 = zlib.crc32(piece, crc32)
        return b64encode(crc32.to_bytes(4, "big")).decode("ascii")

    def _all(self) -> Iterator[Piece]:
        yield from self._before
        if self._spool is not None:
            for start in range(0, self._spool.size, _PIECE_SIZE):
                yield self._spool.read(start, _PIECE_SIZE)
        yield from self._pieces
