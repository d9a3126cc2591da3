"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header)."""

import re

from domain.idempotency.errors import InvalidIdempotencyKeyError
from domain.idempotency.model import MAX_KEY_CHARACTERS
from service.http.headers.structured_fields import parse_string

_KEY = re.compile(rf"[\x20-\x7e]{{1,{MAX_KEY_CHARACTERS}}}")


def parse_key(value: str) -> str:
    """Return the key in the field: a string of structured fields or, as most clients send it, the bare key.

    Raises `InvalidIdempotencyKeyError`.
    """
    key = parse_string(value) if value.startswith('"') else value
    if key is None or not _KEY.fullmatch(key):
        raise InvalidIdempotencyKeyError(
            f"Idempotency-Key is not a string of 1 to {MAX_KEY_CHARACTERS} printable ASCII characters."
        )
    return key
