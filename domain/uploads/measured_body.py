"""The body of a request that adds bytes to an upload, measured as it passes."""

from collections.abc import AsyncIterable, AsyncIterator

from domain.blobs.background_hashing import BackgroundHashing
from domain.blobs.running_hash import RunningHash
from domain.errors import FileportError
from domain.uploads.checksums import Checksum, DeclaredDigests, LateChecksum
from domain.uploads.errors import ChecksumMismatchError, InvalidChecksumError
from domain.values.errors import DigestMismatchError


class MeasuredBody:
    """Passes a body through and hashes it. Raises `refusal` beyond `room` bytes.

    `failure` is the error that the body or its checksum ended in. The hash is of all bytes that have passed once the
    iteration has ended, in an error too.
    """

    def __init__(
        self,
        body: AsyncIterable[bytes],
        room: int,
        refusal: FileportError,
        hash_: RunningHash | None,
        checksum: Checksum | LateChecksum | DeclaredDigests | None,
    ) -> None:
        self._body = body
        self._room = room
        self._refusal = refusal
        self._hash = hash_
        self._sum = None if checksum is None else checksum.begin()
        self.failure: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with BackgroundHashing(self._update) as hashing:
            try:
                async for chunk in self._body:
                    self._room -= len(chunk)
                    if self._room < 0:
                        raise self._refusal
                    await hashing.add(chunk)
                    yield chunk
            except Exception as error:
                self.failure = error
                await hashing.finish()
                raise
            await hashing.finish()

    def _update(self, data: bytes) -> None:
        if self._hash is not None:
            self._hash.update(data)
        if self._sum is not None:
            self._sum.update(data)

    def check(self) -> None:
        """Raise unless the bytes are as declared.

        Raises `ChecksumMismatchError`, `InvalidChecksumError`, `DigestMismatchError`.
        """
        if self._sum is not None:
            try:
                self._sum.check()
            except (ChecksumMismatchError, InvalidChecksumError, DigestMismatchError) as error:
                self.failure = error
                raise
