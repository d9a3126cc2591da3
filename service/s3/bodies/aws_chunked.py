"""Bodies in S3's own chunks, `aws-chunked`, each of which may be signed, with trailers behind them.

AWS, «Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks» and «… Including
Trailing Headers». A chunk is its size in hex, in a signed body `;chunk-signature=` and the signature, CRLF, the bytes,
CRLF. The last one has no bytes; behind it come the trailers, and in a signed body their signature, and an empty line.
"""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from enum import Enum, auto
from hashlib import sha256

from service.s3.errors import S3Error
from service.s3.signatures.chunk_signatures import ChunkSignatures

# In bytes, of AWS.
LEAST_CHUNK_BYTES = 8192
MAX_SIZE_LINE_BYTES = 1024
MAX_TRAILER_BYTES = 8192
TRAILER_SIGNATURE = "x-amz-trailer-signature"

_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?")
_TRAILER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", re.DOTALL)


class _State(Enum):
    SIZE = auto()
    DATA = auto()
    END_OF_DATA = auto()
    TRAILERS = auto()
    ENDED = auto()


class AwsChunkedDecoder:
    """Decodes a body whose bytes come in pieces of any size, in memory that no client decides about.

    `size` is the number of bytes in all chunks, as declared, and `trailers` are the names of the trailers, in lower
    case. With `signatures`, each chunk and the trailers are signed. Bytes of a chunk are given out before its end, so
    before its signature is verified: nothing may be kept of a body before `finish` returns.
    """

    def __init__(self, size: int, trailers: Sequence[str] = (), signatures: ChunkSignatures | None = None) -> None:
        self._size = size
        self._names = frozenset(trailers)
        self._signatures = signatures
        self._state = _State.SIZE
        # Of a line that is not whole yet.
        self._line = bytearray()
        self._left = 0
        self._decoded = 0
        self._last_size: int | None = None
        self._signature = ""
        self._hash = sha256()
        self._trailer_bytes = 0
        self._trailer_signature: str | None = None
        self.trailers: dict[str, str] = {}

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the bytes of chunks that are in the next piece of the body. Raises `S3Error`, `WrongSignatureError`."""
        at = 0
        while at < len(data):
            if self._state is _State.DATA:
                piece = data[at : at + self._left]
                at += len(piece)
                self._left -= len(piece)
                if self._signatures is not None:
                    self._hash.update(piece)
                if not self._left:
                    self._state = _State.END_OF_DATA
                yield piece
            elif self._state is _State.ENDED:
                raise _malformed("Bytes follow its end.")
            else:
                end = data.find(b"\n", at)
                self._line += data[at:] if end < 0 else data[at : end + 1]
                at = len(data) if end < 0 else end + 1
                self._check_line()
                if end >= 0:
                    line = bytes(self._line)
                    self._line.clear()
                    self._take_line(line)

    def finish(self) -> None:
        """Return if the body is whole, and as long as declared, else raise `S3Error`."""
        if self._state is not _State.ENDED or self._decoded != self._size:
            raise S3Error(
                "IncompleteBody",
                f"The body has {self._decoded} bytes in whole chunks, not the {self._size} of "
                "x-amz-decoded-content-length.",
            )

    def _check_line(self) -> None:
        if self._state is _State.TRAILERS:
            if self._trailer_bytes + len(self._line) > MAX_TRAILER_BYTES:
                raise _malformed_trailer(f"The trailers have more than {MAX_TRAILER_BYTES} bytes.")
        elif len(self._line) > MAX_SIZE_LINE_BYTES:
            raise _malformed(f"The line with the size of a chunk has more than {MAX_SIZE_LINE_BYTES} bytes.")

    def _take_line(self, line: bytes) -> None:
        if self._state is _State.TRAILERS:
            self._trailer_bytes += len(line)
            self._take_trailer(line)
        elif not line.endswith(b"\r\n"):
            raise _malformed("A line does not end in CRLF.")
        elif self._state is _State.SIZE:
            self._begin_chunk(line[:-2])
        else:
            self._end_chunk(line[:-2])

    def _begin_chunk(self, line: bytes) -> None:
        match = _SIZE_LINE.fullmatch(line)
        if match is None or (match[2] is None) != (self._signatures is None):
            raise _malformed("The line with the size of a chunk is not of the form that x-amz-content-sha256 says.")
        size = int(match[1], 16)
        if size and self._last_size is not None and self._last_size < LEAST_CHUNK_BYTES:
            raise S3Error("InvalidChunkSizeError", f"Only the last chunk has less than {LEAST_CHUNK_BYTES} bytes.")
        self._decoded += size
        if self._decoded > self._size:
            raise S3Error("IncompleteBody", "The chunks have more bytes than x-amz-decoded-content-length.")
        self._last_size, self._left, self._signature = size, size, (match[2] or b"").decode()
        self._state = _State.DATA if size else _State.TRAILERS
        if not size:
            self._verify_chunk()

    def _end_chunk(self, line: bytes) -> None:
        if line:
            raise _malformed("A chunk has more bytes than its size.")
        self._verify_chunk()
        self._state = _State.SIZE

    def _verify_chunk(self) -> None:
        if self._signatures is not None:
            self._signatures.verify_chunk(self._hash.hexdigest(), self._signature)
            self._hash = sha256()

    def _take_trailer(self, line: bytes) -> None:
        # AWS's own examples, and clients of MinIO, end such lines by LF, and have an empty line before the signature.
        content = line.removesuffix(b"\n").removesuffix(b"\r")
        if not content:
            if not self._is_signature_missing():
                self._end()
            return
        match = _TRAILER_LINE.fullmatch(content)
        if match is None or self._trailer_signature is not None:
            raise _malformed_trailer("A trailer is not of the form name:value.")
        name, value = match[1].decode("ascii").lower(), match[2].decode("latin-1")
        if name == TRAILER_SIGNATURE and self._is_signature_missing():
            self._trailer_signature = value
        elif name not in self._names or name in self.trailers:
            raise _malformed_trailer(f"x-amz-trailer does not name {name}, or it comes twice.")
        else:
            self.trailers[name] = value

    def _is_signature_missing(self) -> bool:
        return self._signatures is not None and bool(self._names) and self._trailer_signature is None

    def _end(self) -> None:
        if self.trailers.keys() != self._names:
            missing = ", ".join(sorted(self._names - self.trailers.keys()))
            raise _malformed_trailer(f"The trailers lack {missing}.")
        if self._signatures is not None and self._trailer_signature is not None:
            self._signatures.verify_trailers(self.trailers, self._trailer_signature)
        self._state = _State.ENDED


async def decoded(chunks: AsyncIterator[bytes], decoder: AwsChunkedDecoder) -> AsyncIterator[bytes]:
    """Yield the bytes of a body that the decoder decodes, and at its end raise what it raises."""
    async for chunk in chunks:
        for piece in decoder.feed(chunk):
            yield piece
    decoder.finish()


def _malformed(reason: str) -> S3Error:
    return S3Error("InvalidRequest", f"The body is not aws-chunked as declared. {reason}")


def _malformed_trailer(reason: str) -> S3Error:
    return S3Error("MalformedTrailerError", f"The trailers are not well-formed, or not as x-amz-trailer says. {reason}")
