"""The body of a request, and what its head says of it."""

from collections.abc import AsyncIterator, Callable, Mapping

from service.s3.bodies.aws_chunked import AwsChunkedDecoder, decoded
from service.s3.bodies.payload import EMPTY_SHA256, check_hash, hashed
from service.s3.errors import S3Error
from service.s3.signatures.chunk_signatures import ChunkSignatures
from service.s3.signatures.payload import CHUNKED, SIGNED, WITH_TRAILER, Payload
from service.s3.signatures.verifier import Verified

_CHECKSUM = "x-amz-checksum-"


class Body:
    """A body without the framing of `aws-chunked`. Making it raises `S3Error` where the head contradicts itself.

    `field` returns the value of a header, empty where there is none. `chunks` is the body as it arrives.
    """

    def __init__(self, field: Callable[[str], str], chunks: AsyncIterator[bytes], verified: Verified | None) -> None:
        self._chunks = chunks
        self._payload = Payload.UNSIGNED if verified is None else verified.payload
        self._decoder: AwsChunkedDecoder | None = None
        names = _trailer_names(field("x-amz-trailer"))
        if names and self._payload not in WITH_TRAILER:
            raise S3Error("InvalidRequest", "x-amz-trailer needs an x-amz-content-sha256 that has a trailer.")
        if not names and self._payload == Payload.SIGNED_CHUNKS_AND_TRAILER:
            raise S3Error("InvalidRequest", "x-amz-content-sha256 has a trailer, and x-amz-trailer does not name it.")
        self.length = _whole_number(field("content-length"), "Content-Length")
        if verified is not None and self._payload in CHUNKED:
            self.length = _whole_number(field("x-amz-decoded-content-length"), "x-amz-decoded-content-length")
            if self.length is None:
                raise S3Error("MissingContentLength", "You must provide the x-amz-decoded-content-length HTTP header.")
            signatures = ChunkSignatures(verified.key, verified.credentials) if self._payload in SIGNED else None
            self._decoder = AwsChunkedDecoder(self.length, names, signatures)
            return
        if self.length is None and not field("transfer-encoding"):
            self.length = 0
        if self.length == 0 and self._payload != Payload.UNSIGNED:
            # Most handlers do not ask for a body that is not there.
            check_hash(EMPTY_SHA256, self._payload)

    @property
    def trailers(self) -> Mapping[str, str]:
        """The trailers, by their names in lower case; complete at the end of the body."""
        return {} if self._decoder is None else self._decoder.trailers

    @property
    def signed_sha256(self) -> bytes | None:
        """The SHA-256 that the bytes are signed by as a whole; None where they are not."""
        is_hash = self._decoder is None and self._payload != Payload.UNSIGNED
        return bytes.fromhex(self._payload) if is_hash else None

    def unhashed(self) -> AsyncIterator[bytes]:
        """Do as `stream` does, but leave `signed_sha256` to the caller, who hashes the bytes anyway."""
        return self.stream() if self.signed_sha256 is None else self._chunks

    def stream(self) -> AsyncIterator[bytes]:
        """Yield the bytes.

        In place of their end it raises `S3Error`, or `WrongSignatureError`, where they are not as signed or declared.
        """
        if self._decoder is not None:
            return decoded(self._chunks, self._decoder)
        return self._chunks if self._payload == Payload.UNSIGNED else hashed(self._chunks, self._payload)


def _trailer_names(value: str) -> tuple[str, ...]:
    """Return the names in `x-amz-trailer`: that of a checksum, or none. Raises `S3Error`, `InvalidRequest`."""
    names = tuple(name for part in value.split(",") if (name := part.strip().lower()))
    if len(names) > 1 or not all(name.startswith(_CHECKSUM) for name in names):
        raise S3Error("InvalidRequest", "The value specified in the x-amz-trailer header is not supported.")
    return names


def _whole_number(text: str, name: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise S3Error("InvalidArgument", f"{name} is not a whole number of bytes.")
    return int(text)
