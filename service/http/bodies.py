"""Request bodies: as streams, and as JSON."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any, TypeVar, cast

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException
from litestar.types import HTTPReceiveMessage

from domain.errors import InterruptedBodyError, InvalidInputError

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


def declared_length(request: Request[Any, Any, Any]) -> int | None:
    """Return the body's `Content-Length`, None for a chunked body."""
    value = request.headers.get("content-length")
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 19:
        raise InvalidInputError("Content-Length is not a whole number of bytes.")
    return int(value)


async def read_json(request: Request[Any, Any, Any], type_: type[T]) -> T:
    """Return the body, JSON, as `type_`: nothing is converted, and fields that are unknown are refused.

    Raises `InvalidInputError` that names the place, `InterruptedBodyError`, and `HTTPException`: 413 over 1 MiB, 415
    for another content type.
    """
    essence = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if essence not in {"application/json", MERGE_PATCH}:
        raise HTTPException(
            status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail="The body is not declared as application/json."
        )
    try:
        return msgspec.json.decode(await _gather(request), type=type_)
    except RecursionError:
        raise InvalidInputError("The body is nested too deep.") from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise InvalidInputError(f"The body: {error}.") from None


async def _gather(request: Request[Any, Any, Any]) -> bytes:
    body = bytearray()
    async for chunk in stream_body(request):
        body += chunk
        if len(body) > MAX_JSON_BYTES:
            raise HTTPException(
                status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail=f"The body is over {MAX_JSON_BYTES} bytes."
            )
    return bytes(body)
