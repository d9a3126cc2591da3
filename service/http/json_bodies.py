"""JSON in request bodies."""

from codecs import BOM_UTF8
from typing import TypeVar

import msgspec

from domain.errors import InvalidInputError
from service.http.wrong_values import explain_json

T = TypeVar("T")

# The largest metadata, with a margin for its JSON.
MAX_JSON_BYTES = 1024 * 1024

MERGE_PATCH = "application/merge-patch+json"
JSON_TYPES = frozenset({"application/json", MERGE_PATCH})


def decode_json(body: bytes, type_: type[T]) -> T:
    """Return JSON as `type_`: nothing is converted, and unknown fields are refused.

    A byte order mark before it is skipped (RFC 8259, section 8.1). Raises `InvalidInputError`, which names the field.
    """
    body = body.removeprefix(BOM_UTF8)
    if not body:
        raise InvalidInputError("The body is empty: send JSON.")
    try:
        return msgspec.json.decode(body, type=type_)
    except RecursionError:
        raise InvalidInputError("The body is nested too deep.") from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise InvalidInputError(
            f"The body: {explain_json(str(error))}." if _is_utf8(body) else "The body is not UTF-8."
        ) from None


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    # JSON begins with two ASCII characters or a digit: in UTF-16 and UTF-32, NUL stands beside them.
    return b"\0" not in body[:2]
