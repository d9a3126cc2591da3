"""Digests of a file's bytes in headers (RFC 9530), those that we tell and those that we are told."""

import binascii
import hashlib
from base64 import b64decode, b64encode
from typing import Any

import msgspec

from domain.values.errors import DigestMismatchError, InvalidDigestError
from domain.values.structured_fields import parse_dictionary

# By their names in headers: how many bytes they have.
_LENGTHS = {"sha-256": 32, "sha-512": 64, "md5": 16}


class Digest(msgspec.Struct, frozen=True):
    """What a writer says that the bytes add up to, by the algorithm of that name in `Content-Digest`, or `md5`."""

    algorithm: str
    value: bytes

    def check(self, value: bytes) -> None:
        """Raise `DigestMismatchError` unless `value` is what the bytes have."""
        if value != self.value:
            raise DigestMismatchError(
                f"The {self.algorithm} of the body is {_encoded(value)}, not {_encoded(self.value)}."
            )


def parse_digests(value: str) -> tuple[Digest, ...]:
    """Return the digests of `Content-Digest` or `Repr-Digest` whose algorithm is known; others are ignored.

    Raises `InvalidDigestError`.
    """
    members = parse_dictionary(value)
    if members is None:
        raise InvalidDigestError("The digests are not a dictionary such as sha-256=:…:, in Base64 between colons.")
    return tuple(_digest(name, each) for name, each in members.items() if name in {"sha-256", "sha-512"})


def parse_content_md5(value: str) -> Digest:
    """Return the digest of `Content-MD5` (RFC 1864). Raises `InvalidDigestError`."""
    try:
        return _digest("md5", b64decode(value.strip(" \t"), validate=True))
    except (binascii.Error, ValueError):
        raise InvalidDigestError("Content-MD5 is not Base64.") from None


class Hashes:
    """Hashes bytes that pass by: always by SHA-256, and by what the digests to come out need."""

    def __init__(self, digests: tuple[Digest, ...]) -> None:
        self._digests = digests
        self._hashes: dict[str, Any] = {"sha-256": hashlib.sha256()}
        for algorithm in {each.algorithm for each in digests} - self._hashes.keys():
            self._hashes[algorithm] = _new_hash(algorithm)

    def update(self, data: bytes) -> None:
        """Add to what has passed."""
        for each in self._hashes.values():
            each.update(data)

    def check(self) -> None:
        """Raise `DigestMismatchError` unless each digest came out."""
        for each in self._digests:
            each.check(self._hashes[each.algorithm].digest())

    @property
    def sha256(self) -> str:
        """The SHA-256, in lower-case hex."""
        return str(self._hashes["sha-256"].hexdigest())


def sha256_digest(sha256: str) -> str:
    """Return the value of `Repr-Digest`, or `Content-Digest`, for a SHA-256 in hex."""
    return f"sha-256=:{_encoded(bytes.fromhex(sha256))}:"


def sha256_preference(want: str) -> int | None:
    """Return how much `Want-Repr-Digest`, or `Want-Content-Digest`, wants SHA-256: from 1 to 10, 0 for not at all.

    None where it does not say so, or is not understood (section 4).
    """
    preference = (parse_dictionary(want) or {}).get("sha-256")
    return preference if isinstance(preference, int) and 0 <= preference <= 10 else None


def _digest(algorithm: str, value: object) -> Digest:
    length = _LENGTHS[algorithm]
    if not isinstance(value, bytes) or len(value) != length:
        raise InvalidDigestError(f"A digest by {algorithm} has {length} bytes.")
    return Digest(algorithm, value)


def _new_hash(algorithm: str) -> Any:
    return hashlib.sha512() if algorithm == "sha-512" else hashlib.md5(usedforsecurity=False)


def _encoded(value: bytes) -> str:
    return b64encode(value).decode("ascii")
