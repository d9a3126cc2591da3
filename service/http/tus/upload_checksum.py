"""`Upload-Checksum` (tus 1.0.0, section "Checksum"), in the head or in the trailer section."""

import binascii
from base64 import b64decode
from functools import partial

from domain.uploads.checksums import Checksum, DeclaredDigests, LateChecksum, make_checksum
from domain.uploads.errors import InvalidChecksumError
from service.http.connection import trailers
from service.http.request import FileportRequest
from service.http.tus.single_headers import single_value


def checks_of(request: FileportRequest) -> Checksum | LateChecksum | DeclaredDigests | None:
    """Return the checksum of the request's bytes, which may follow them, and their digests as other bodies have them.

    Raises `InvalidChecksumError`, `InvalidDigestError`, and `InvalidUploadError` where the checksum stands twice.
    """
    checksum, digests = _checksum_of(request), request.digests
    return DeclaredDigests(digests, checksum) if digests else checksum


def _checksum_of(request: FileportRequest) -> Checksum | LateChecksum | None:
    """Return the checksum of tus.

    A trailer counts only if `Trailer` announces it (RFC 9110, section 6.6.2): the hashing begins before the bytes.
    """
    value = single_value(request, "upload-checksum")
    announced = request.field("trailer").lower().split(",")
    if "upload-checksum" not in map(str.strip, announced):
        return None if value is None else _checksum(value)
    if value is not None:
        raise InvalidChecksumError("Upload-Checksum stands in the head, and is announced for the trailer section.")
    if "transfer-encoding" not in request.headers:
        raise InvalidChecksumError("Upload-Checksum is announced, and only chunked bodies have a trailer section.")
    return LateChecksum(partial(_trailing_checksum, request))


def _trailing_checksum(request: FileportRequest) -> Checksum:
    match [value for name, value in trailers(request.scope) if name == b"upload-checksum"]:
        case [value]:
            return _checksum(value.decode("latin-1"))
        case _:
            raise InvalidChecksumError("Upload-Checksum is announced, and does not stand once in the trailer section.")


def _checksum(value: str) -> Checksum:
    algorithm, space, encoded = value.strip().partition(" ")
    malformed = InvalidChecksumError("Upload-Checksum is an algorithm, a space, and the checksum in Base64.")
    if not space:
        raise malformed
    try:
        return make_checksum(algorithm, b64decode(encoded.strip(), validate=True))
    except (binascii.Error, ValueError):
        raise malformed from None
