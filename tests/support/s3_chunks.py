"""Bodies in S3's own chunks, made as a client makes them."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

import msgspec


class ChunkSigner(msgspec.Struct):
    """Signs chunks in their order. `signature` is that of the request's head, and then of the last one signed."""

    key: bytes
    timestamp: str
    scope: str
    signature: str

    def sign_chunk(self, chunk: bytes) -> str:
        """Return the signature of the next chunk."""
        return self._sign("PAYLOAD", hashlib.sha256(b"").hexdigest(), hashlib.sha256(chunk).hexdigest())

    def sign_trailers(self, trailers: Mapping[str, str]) -> str:
        """Return the signature of the trailers."""
        lines = "".join(f"{name}:{value}\n" for name, value in trailers.items())
        return self._sign("TRAILER", hashlib.sha256(lines.encode()).hexdigest())

    def _sign(self, kind: str, *hashes: str) -> str:
        text = "\n".join((f"AWS4-HMAC-SHA256-{kind}", self.timestamp, self.scope, self.signature, *hashes))
        self.signature = hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
        return self.signature


def signing_key(secret: str, day: str, region: str) -> bytes:
    """Return the key of a day and a region."""
    key = b"AWS4" + secret.encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def encode_chunks(
    chunks: Sequence[bytes], trailers: Mapping[str, str] | None = None, signer: ChunkSigner | None = None
) -> bytes:
    """Return the body of these chunks and trailers, signed where a signer is given."""
    encoded = bytearray()
    for chunk in (*chunks, b""):
        extension = f";chunk-signature={signer.sign_chunk(chunk)}" if signer else ""
        encoded += f"{len(chunk):x}{extension}\r\n".encode() + chunk + (b"\r\n" if chunk else b"")
    for name, value in (trailers or {}).items():
        encoded += f"{name}:{value}\r\n".encode()
    if signer and trailers:
        encoded += f"x-amz-trailer-signature:{signer.sign_trailers(trailers)}\r\n".encode()
    return bytes(encoded + b"\r\n")
