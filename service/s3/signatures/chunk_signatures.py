"""The signatures of chunks and of trailers, each of which covers the one before it."""

from collections.abc import Mapping
from hashlib import sha256

from domain.access.errors import WrongSignatureError
from service.s3.signatures.credentials import Credentials
from service.s3.signatures.signing_key import is_signature

_CHUNK = "AWS4-HMAC-SHA256-PAYLOAD"
_TRAILER = "AWS4-HMAC-SHA256-TRAILER"
_EMPTY = sha256().hexdigest()


class ChunkSignatures:
    """Verifies the signatures of one body in their order, from that of the request's head on."""

    def __init__(self, key: bytes, credentials: Credentials) -> None:
        self._key = key
        self._when = f"{credentials.timestamp}\n{credentials.scope}"
        self._previous = credentials.signature

    def verify_chunk(self, hash_: str, signature: str) -> None:
        """Return if the next chunk, whose bytes have that SHA-256, is so signed. Raises `WrongSignatureError`."""
        self._verify(f"{_CHUNK}\n{self._when}\n{self._previous}\n{_EMPTY}\n{hash_}", signature)

    def verify_trailers(self, trailers: Mapping[str, str], signature: str) -> None:
        """Return if the trailers, in their order, are so signed. Raises `WrongSignatureError`."""
        lines = "".join(f"{name}:{value}\n" for name, value in trailers.items())
        hash_ = sha256(lines.encode("latin-1")).hexdigest()
        self._verify(f"{_TRAILER}\n{self._when}\n{self._previous}\n{hash_}", signature)

    def _verify(self, text: str, signature: str) -> None:
        if not is_signature(self._key, text.encode(), signature):
            raise WrongSignatureError("A chunk, or the trailers, have another signature than the sender's.")
        self._previous = signature
