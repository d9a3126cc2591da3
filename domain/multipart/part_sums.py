"""The sums of a part's bytes, computed as they pass and compared with those that its sender declares."""

from collections.abc import Callable

import msgspec

from domain.files.attributes import Sums
from domain.files.content.running_sums import RunningSums
from domain.multipart.errors import WrongPartChecksumError
from domain.multipart.model import PartChecksums
from domain.values.checksums import DEFAULT_ALGORITHM, Checksums
from domain.values.digests import Digest


class DeclaredChecksum(msgspec.Struct, frozen=True):
    """A checksum that a sender declares, by `algorithm`. It may come behind the bytes: only then `read` returns it."""

    algorithm: str
    read: Callable[[], bytes | None]


class DeclaredSums(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender declares of the bytes of a part."""

    md5: bytes | None = None
    checksum: DeclaredChecksum | None = None


class PartSums:
    """Computes the MD5 and the checksum of a part: the one that its upload `wants`, else the one of S3's choice.

    One that the sender declares by another algorithm is computed, too, where the upload wants none.
    """

    def __init__(self, checksums: Checksums, wants: PartChecksums | None, declared: DeclaredSums) -> None:
        algorithm = DEFAULT_ALGORITHM if wants is None else wants.algorithm
        given = declared.checksum
        if given is not None and wants is not None and given.algorithm != algorithm:
            raise WrongPartChecksumError(
                f"The upload was begun with the checksums of {algorithm}, not of {given.algorithm}."
            )
        is_kept = given is not None and given.algorithm == algorithm
        kept = given.read if given is not None and is_kept else _nothing
        self._kept = RunningSums(algorithm, checksums.begin(algorithm), kept, md5=declared.md5)
        self._other = None if given is None or is_kept else (given, checksums.begin(given.algorithm))

    def update(self, data: bytes) -> None:
        """Add the next bytes."""
        self._kept.update(data)
        if self._other is not None:
            self._other[1].update(data)

    def finish(self) -> Sums:
        """Return the sums of all bytes. Raises `DigestMismatchError` unless they are as declared."""
        sums = self._kept.finish()
        if self._other is not None:
            given, running = self._other
            value = given.read()
            if value is not None:
                Digest(given.algorithm, value).check(running.digest())
            self._other = None
        return sums


def _nothing() -> None:
    return None
