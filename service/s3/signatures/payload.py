"""How the body of a request is signed: the values of `x-amz-content-sha256`."""

from enum import StrEnum


class Payload(StrEnum):
    """Those that are no hash: the body is not signed, or comes in chunks."""

    UNSIGNED = "UNSIGNED-PAYLOAD"
    SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    SIGNED_CHUNKS_AND_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    CHUNKS_AND_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


CHUNKED = frozenset({Payload.SIGNED_CHUNKS, Payload.SIGNED_CHUNKS_AND_TRAILER, Payload.CHUNKS_AND_TRAILER})
SIGNED = frozenset({Payload.SIGNED_CHUNKS, Payload.SIGNED_CHUNKS_AND_TRAILER})
WITH_TRAILER = frozenset({Payload.SIGNED_CHUNKS_AND_TRAILER, Payload.CHUNKS_AND_TRAILER})
