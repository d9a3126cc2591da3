"""A form's parts, in the order of their bytes."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from http import HTTPStatus

import msgspec
import multipart
from litestar.exceptions import HTTPException

from domain.buckets.model import MAX_BYTES
from service.http.forms.disposition import parse_disposition
from service.http.forms.errors import InvalidFormError
from service.http.forms.transfer_encodings import Decoder, IdentityDecoder, decoder_of

MAX_PARTS = 128
_MAX_HEADERS = 64
# The headers of one part.
_MAX_HEAD_BYTES = 16 * 1024


class Part(msgspec.Struct, frozen=True):
    """The head of a part. `filename` is None where it says none, `content_type` is as it was sent."""

    name: str
    filename: str | None
    content_type: str | None
    decoder: Decoder


async def parse_parts(body: AsyncIterator[bytes], boundary: str) -> AsyncGenerator[Part | bytes | None]:
    """Yield for each part its head, the bytes of its content, decoded, and None at its end.

    Raises `InvalidFormError`, and 415 for a part in an encoding that is not understood here.
    """
    parser = multipart.PushMultipartParser(
        boundary, max_header_size=MAX_BYTES, max_header_count=_MAX_HEADERS, header_charset="latin-1"
    )
    decoder: Decoder = IdentityDecoder()
    count = unclaimed = 0  # bytes that belong to no part yet: the headers of one, or the preamble
    has_ended = False
    async for chunk in body:
        if has_ended:
            continue  # an epilogue, which RFC 2046, section 5.1.1, has us ignore
        unclaimed += len(chunk)
        for event in _events(parser, chunk):
            unclaimed = 0
            if isinstance(event, multipart.MultipartSegment):
                part = _part(event)
                count += 1
                decoder = part.decoder
                yield part
            elif content := _decode(decoder, event):
                yield content
            if event is None:
                yield None
        if count > MAX_PARTS:
            raise InvalidFormError(f"The form has more than {MAX_PARTS} parts.")
        has_ended = unclaimed > _MAX_HEAD_BYTES and _has_ended(parser)
        if unclaimed > _MAX_HEAD_BYTES and not has_ended:
            raise _long_head_error()
    if not has_ended and not _has_ended(parser):
        raise InvalidFormError("The form breaks off: its last boundary is missing.")


def _events(parser: multipart.PushMultipartParser, chunk: bytes) -> Iterator[multipart.MultipartSegment | bytes | None]:
    try:
        yield from parser.parse(chunk)
    except multipart.ParserLimitReached as error:
        raise InvalidFormError(f"A part of the form has more than {_MAX_HEADERS} headers.") from error
    except multipart.MultipartError as error:
        raise InvalidFormError("The form is malformed.") from error


def _decode(decoder: Decoder, content: bytes | None) -> bytes:
    return decoder.finish() if content is None else decoder.decode(bytes(content))


def _has_ended(parser: multipart.PushMultipartParser) -> bool:
    try:
        parser.close()  # type: ignore[no-untyped-call] # multipart annotates only what returns
    except multipart.MultipartError:
        return False
    return True


def _part(segment: multipart.MultipartSegment) -> Part:
    if sum(len(name) + len(value) for name, value in segment.headerlist) > _MAX_HEAD_BYTES:
        raise _long_head_error()
    if (segment.header("Content-Encoding") or "identity").strip().lower() != "identity":
        raise HTTPException(
            status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail="Content-Encoding of a form's part is not supported."
        )
    disposition = parse_disposition(segment["Content-Disposition"])
    return Part(
        name=disposition.name,
        filename=disposition.filename,
        content_type=segment.header("Content-Type"),
        decoder=decoder_of(segment.header("Content-Transfer-Encoding") or ""),
    )


def _long_head_error() -> InvalidFormError:
    return InvalidFormError(
        f"The headers of a part of the form are larger than {_MAX_HEAD_BYTES} bytes, or its boundary is missing."
    )
