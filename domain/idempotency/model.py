"""Idempotency keys (draft-ietf-httpapi-idempotency-key-header): a request that is sent again is not done again."""

import hashlib
from uuid import UUID

import msgspec

MAX_KEY_CHARACTERS = 255


class KeyedRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request with an idempotency key, which is its caller's own. Requests with one `fingerprint` are the same."""

    caller: str
    key: str
    fingerprint: str


class KeyClaim(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt's claim to a key. `id` is its own; its result is kept for `ttl` seconds."""

    id: UUID
    caller: str
    key: str
    ttl: float


class KeyRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The record of a key that was claimed before. `result`, in builtin types, is set once that claim has finished."""

    fingerprint: str
    is_finished: bool
    result: object = None


def part_of(request: KeyedRequest, first: UUID, index: int) -> KeyedRequest:
    """Return the part at `index` of a request that is done in parts. `first` is the id of the claim of its first part.

    No caller can send its key.
    """
    return msgspec.structs.replace(request, key=f"{request.key}\n{first}\n{index}")


def fingerprint(head: tuple[str, ...], body: bytes) -> str:
    """Return the fingerprint of a request: a hash of the relevant parts of its head, and of its body."""
    return hashlib.sha256(msgspec.json.encode([head, hashlib.sha256(body).hexdigest()])).hexdigest()
