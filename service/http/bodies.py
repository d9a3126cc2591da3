"""Request bodies: as streams, and as JSON."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, TypeVar, cast

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException
from litestar.types import HTTPReceiveMessage

from domain.blobs.errors import InterruptedBodyError
from domain.errors import InvalidInputError
from domain.values.digests import Hashes
from service.http.headers.digests import declared_digests

T = TypeVar("T")

# The largest metadata, with a margin for its JSON.
MAX_JSON_BYTES = 1024 * 1024

MERGE_PATCH = "application/merge-patch+json"


async def stream_body(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """Yield the body as it arrives, of any length. Raises `InterruptedBodyError` where the client goes away."""
    more = True
    while more:
        message = cast(HTTPReceiveMessage, await request.receive())
        if message["type"] == "http.disconnect":
            raise InterruptedBodyError("The connection was closed before the body's end.")
        if chunk := message.get("body"):
            yield chunk
        more = message.get("more_body", False)


async def verify_body(request: Request[Any, Any, Any]) -> AsyncIterator[bytes]:
    """Yield the body as `stream_body` does, and at its end raise `DigestMismatchError` unless it is as it was declared.

    For bodies that are not files: of those, the write protocol computes the digests. Raises `InvalidDigestError`.
    """
    digests = declared_digests(request)
    hashes = Hashes(digests) if digests else None
    async for chunk in stream_body(request):
        if hashes:
            hashes.update(chunk)
        yield chunk
    if hashes:
        hashes.check()


def declared_length(request: Request[Any, Any, Any]) -> int | None:
    """Return the body's `Content-Length`, None for a chunked body.

    Raises `InvalidInputError`, and `HTTPException`, 411, where it is neither, so that nobody who forgot to say how the
    body is framed replaces a file by nothing (RFC 9110, section 15.5.12; RFC 9112, section 6.3).
    """
    value = request.headers.get("content-length")
    if value is None:
        if "transfer-encoding" not in request.headers:
            raise HTTPException(
                status_code=HTTPStatus.LENGTH_REQUIRED,
                detail="The body has neither a Content-Length, which may be 0, nor a Transfer-Encoding.",
            )
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 19:
        raise InvalidInputError("Content-Length is not a whole number of bytes.")
    return int(value)


async def read_json(request: Request[Any, Any, Any], type_: type[T], *, most: int = MAX_JSON_BYTES) -> T:
    """Return the body, JSON, as `type_`. Raises all that `gather_json` and `decode_json` do."""
    return decode_json(await gather_json(request, most=most), type_)


async def gather_json(request: Request[Any, Any, Any], *, most: int = MAX_JSON_BYTES) -> bytes:
    """Return the body, which is declared as JSON.

    Raises all that `verify_body` does, and `HTTPException`: 413 over `most` bytes, 415 for another content type.
    """
    essence = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if essence not in {"application/json", MERGE_PATCH}:
        raise HTTPException(
            status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail="The body is not declared as application/json."
        )
    body = bytearray()
    async for chunk in verify_body(request):
        body += chunk
        if len(body) > most:
            raise HTTPException(
                status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail=f"The body is over {most} bytes."
            )
    return bytes(body)


def decode_json(body: bytes, type_: type[T]) -> T:
    """Return JSON as `type_`: nothing is converted, and fields that are unknown are refused.

    Raises `InvalidInputError` that names the place.
    """
    try:
        return msgspec.json.decode(body, type=type_)
    except RecursionError:
        raise InvalidInputError("The body is nested too deep.") from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise InvalidInputError(f"The body: {error}.") from None
