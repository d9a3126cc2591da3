"""Idempotency keys (draft-ietf-httpapi-idempotency-key-header): a request that is sent again is not done again."""

import hashlib
import re
from uuid import UUID

import msgspec

from domain.idempotency.errors import InvalidIdempotencyKeyError
from domain.values.structured_fields import parse_string

MAX_KEY_CHARACTERS = 255

_KEY = re.compile(rf"[\x20-\x7e]{{1,{MAX_KEY_CHARACTERS}}}")


class KeyedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that came with a key, which is its caller's own. Requests with one `fingerprint` are the same."""

    caller: str
    key: str
    fingerprint: str


class KeyClaim(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt's claim to a key. `id` tells it from every other; its result is kept for `ttl` seconds."""

    id: UUID
    caller: str
    key: str
    ttl: float


class KeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a key that was claimed before. `result`, in builtin types, is there once that has finished."""

    fingerprint: str
    is_finished: bool
    result: object = None


def parse_key(value: str) -> str:
    """Return the key that `Idempotency-Key` holds: a string of structured fields, or, as most send it, just the key.

    Raises `InvalidIdempotencyKeyError`.
    """
    key = parse_string(value) if value.startswith('"') else value
    if key is None or not _KEY.fullmatch(key):
        raise InvalidIdempotencyKeyError(
            f"Idempotency-Key is not a string of 1 to {MAX_KEY_CHARACTERS} printable ASCII characters."
        )
    return key


def part_of(request: KeyedRequest, first: UUID, place: int) -> KeyedRequest:
    """Return the part at `place` of a request that is done in parts, `first` being the claim of the first one.

    Its key is none that a caller can send.
    """
    return msgspec.structs.replace(request, key=f"{request.key}\n{first}\n{place}")


def fingerprint(head: tuple[str, ...], body: bytes) -> str:
    """Return what tells a request from others: a hash of the parts of its head that count, and of its body."""
    return hashlib.sha256(msgspec.json.encode([head, hashlib.sha256(body).hexdigest()])).hexdigest()
