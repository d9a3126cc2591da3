"""Digests of a file's bytes."""

import hashlib
from base64 import b64encode
from typing import Any

import msgspec

from domain.values.errors import DigestMismatchError, InvalidDigestError

# In bytes.
_LENGTHS = {"sha-256": 32, "sha-512": 64, "md5": 16}


class Digest(msgspec.Struct, frozen=True):
    """The digest that a writer declares, by an algorithm of RFC 9530 or `md5`."""

    algorithm: str
    value: bytes

    def check(self, value: bytes) -> None:
        """Raise `DigestMismatchError` unless `value` is the digest of the bytes."""
        if value != self.value:
            raise DigestMismatchError(
                f"The {self.algorithm} of the body is {_encoded(value)}, not {_encoded(self.value)}.",
                algorithm=self.algorithm,
            )


def make_digest(algorithm: str, value: object) -> Digest:
    """Return the digest of a known algorithm. Raises `InvalidDigestError` unless `value` is as many bytes as it has."""
    length = _LENGTHS[algorithm]
    if not isinstance(value, bytes) or len(value) != length:
        raise InvalidDigestError(f"A digest by {algorithm} has {length} bytes.")
    return Digest(algorithm, value)


class Hashes:
    """Hashes bytes that pass by: always by SHA-256, and by the algorithms of the declared digests."""

    def __init__(self, digests: tuple[Digest, ...]) -> None:
        self._digests = digests
        self._hashes: dict[str, Any] = {"sha-256": hashlib.sha256()}
        for algorithm in {each.algorithm for each in digests} - self._hashes.keys():
            self._hashes[algorithm] = _new_hash(algorithm)

    def update(self, data: bytes) -> None:
        """Add the next bytes."""
        for each in self._hashes.values():
            each.update(data)

    def check(self) -> None:
        """Raise `DigestMismatchError` unless every declared digest matches."""
        for each in self._digests:
            each.check(self._hashes[each.algorithm].digest())

    @property
    def sha256(self) -> str:
        """The SHA-256, in lower-case hex."""
        return str(self._hashes["sha-256"].hexdigest())


def _new_hash(algorithm: str) -> Any:
    return hashlib.sha512() if algorithm == "sha-512" else hashlib.md5(usedforsecurity=False)


def _encoded(value: bytes) -> str:
    return b64encode(value).decode("ascii")
