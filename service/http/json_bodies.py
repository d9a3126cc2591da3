"""JSON in request bodies."""

from typing import TypeVar

import msgspec

from domain.errors import InvalidInputError

T = TypeVar("T")

# The largest metadata, with a margin for its JSON.
MAX_JSON_BYTES = 1024 * 1024

MERGE_PATCH = "application/merge-patch+json"
JSON_TYPES = frozenset({"application/json", MERGE_PATCH})


def decode_json(body: bytes, type_: type[T]) -> T:
    """Return JSON as `type_`: nothing is converted, and unknown fields are refused.

    Raises `InvalidInputError`, which names the field.
    """
    try:
        return msgspec.json.decode(body, type=type_)
    except RecursionError:
        raise InvalidInputError("The body is nested too deep.") from None
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise InvalidInputError(f"The body: {error}.") from None
