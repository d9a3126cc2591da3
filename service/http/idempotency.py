"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), and what makes two requests the same."""

from typing import Any, TypeVar

import msgspec
from litestar import Request

from domain.files.content.admission import check_new_file
from domain.files.model import NewFile
from domain.idempotency.errors import InvalidIdempotencyKeyError
from domain.idempotency.model import KeyedRequest, fingerprint, parse_key
from service.http.authentication import caller_of
from service.http.bodies import MAX_JSON_BYTES, decode_json, gather_json

T = TypeVar("T")

_HEADER = "idempotency-key"
# They decide whether the change is made.
_CONDITIONS = ("if-match", "if-none-match", "if-unmodified-since")


def keyed_request(request: Request[Any, Any, Any], body: bytes) -> KeyedRequest | None:
    """Return the request with its key, None where it has none. Raises `InvalidIdempotencyKeyError`.

    The same requests have the same method, path, query, conditions and `body`.
    """
    lines = request.headers.getall(_HEADER, [])
    if not lines:
        return None
    if len(lines) > 1:
        raise InvalidIdempotencyKeyError("Idempotency-Key stands more than once.")
    head = (
        request.method,
        request.scope["raw_path"].decode("latin-1"),
        request.scope["query_string"].decode("latin-1"),
        *(", ".join(request.headers.getall(name, [])) for name in _CONDITIONS),
    )
    return KeyedRequest(caller=caller_of(request), key=parse_key(lines[0]), fingerprint=fingerprint(head, body))


async def read_keyed_json(
    request: Request[Any, Any, Any], type_: type[T], *, most: int = MAX_JSON_BYTES
) -> tuple[T, KeyedRequest | None]:
    """Return the body as `read_json` does, and the request with its key. Raises all that both do."""
    body = await gather_json(request, most=most)
    return decode_json(body, type_), keyed_request(request, body)


def keyed_upload(request: Request[Any, Any, Any], new: NewFile) -> KeyedRequest | None:
    """Return an upload with its key, of which all but the bytes are known.

    A form is told by what it says of the file, for its bytes have another boundary each time. Lengths and digests may
    be left out of a repeat, or added to it. Raises what `keyed_request` and `check_new_file` do.
    """
    if _HEADER not in request.headers:
        return None
    new = check_new_file(new)  # of what breaks the rules, not all can be encoded
    described = [new.name, new.content_type, new.metadata, new.tags]
    return keyed_request(request, msgspec.json.encode(described, order="sorted"))
