"""The body of a request that adds bytes to an upload, measured as it passes."""

from collections.abc import AsyncIterable, AsyncIterator

from domain.blobs.running_hash import RunningHash
from domain.errors import FileportError
from domain.uploads.checksums import Checksum, DeclaredDigests, LateChecksum
from domain.uploads.errors import ChecksumMismatchError, InvalidChecksumError
from domain.values.errors import DigestMismatchError


class MeasuredBody:
    """Passes a body through and hashes it. Raises `refusal` beyond `room` bytes.

    `failure` is the error that the body or its checksum ended in.
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
        try:
            async for chunk in self._body:
                self._room -= len(chunk)
                if self._room < 0:
                    raise self._refusal
                if self._hash is not None:
                    self._hash.update(chunk)
                if self._sum is not None:
                    self._sum.update(chunk)
                yield chunk
        except Exception as error:
            self.failure = error
            raise

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
