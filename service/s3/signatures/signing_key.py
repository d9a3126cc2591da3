"""Signing keys, and signatures by them."""

import hmac
from typing import NamedTuple

SERVICE = "s3"
TERMINATOR = "aws4_request"


class CredentialScope(NamedTuple):
    """The day (`YYYYMMDD`) and the region that a signing key is good for. It derives the key from a secret."""

    day: str
    region: str

    def __call__(self, secret: str) -> bytes:
        key = f"AWS4{secret}".encode()
        for part in (self.day, self.region, SERVICE, TERMINATOR):
            key = hmac.digest(key, part.encode(), "sha256")
        return key

    def __str__(self) -> str:
        return f"{self.day}/{self.region}/{SERVICE}/{TERMINATOR}"


def sign(key: bytes, text: bytes) -> str:
    """Return the signature of a text, in hex."""
    return hmac.digest(key, text, "sha256").hex()


def is_signature(key: bytes, text: bytes, signature: str) -> bool:
    """Return whether a text has that signature. Takes the same time for each wrong one."""
    return hmac.compare_digest(sign(key, text).encode(), signature.encode())
