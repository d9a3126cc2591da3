"""The sums of a file's bytes as they pass, for writers that want them: an MD5, and a checksum by one algorithm."""

import hashlib
from base64 import b64encode
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from domain.files.attributes import NO_ATTRIBUTES, Attributes, Checksum, Sums
from domain.files.model import NewFile
from domain.values.checksums import RunningChecksum
from domain.values.digests import Digest


class RunningSums:
    """The MD5 and the `running` checksum, by `algorithm`, of bytes that pass by.

    `declared` returns what the writer says of the checksum, None where it says nothing. It is called when all bytes
    are there, for it may come behind them. `md5` is the MD5 that the writer declares.
    """

    def __init__(
        self,
        algorithm: str,
        running: RunningChecksum,
        declared: Callable[[], bytes | None],
        *,
        md5: bytes | None = None,
    ) -> None:
        self._algorithm = algorithm
        self._declared_md5 = md5
        self._checksum = running
        self._declared = declared
        self._md5: Any = hashlib.md5(usedforsecurity=False)
        self._sums: Sums | None = None

    def update(self, data: bytes) -> None:
        """Add the next bytes."""
        self._md5.update(data)
        self._checksum.update(data)

    def finish(self) -> Sums:
        """Return the sums of all bytes. Raises `DigestMismatchError` unless they are as declared."""
        if self._sums is None:
            value, declared, md5 = self._checksum.digest(), self._declared(), self._md5.digest()
            if self._declared_md5 is not None:
                Digest("md5", self._declared_md5).check(md5)
            if declared is not None:
                Digest(self._algorithm, declared).check(value)
            checksum = Checksum(algorithm=self._algorithm, value=b64encode(value).decode())
            self._sums = Sums(md5=md5.hex(), checksum=checksum)
        return self._sums

    def described(self, new: NewFile) -> NewFile:
        """Return the file with the sums among its attributes. Raises as `finish` does."""
        attributes: Attributes = new.attributes or NO_ATTRIBUTES
        return replace(new, attributes=replace(attributes, sums=self.finish()))
