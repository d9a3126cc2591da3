"""Keys in JSON."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.keys.model import (
    DEFAULT_OVERLAP_SECONDS,
    IssuedKey,
    Key,
    KeyName,
    KeyRate,
    KeyScopes,
    KeyTransfers,
    Overlap,
)
from domain.keys.secret import PATTERN
from domain.values.numbers import Positive
from domain.values.times import UtcTime

AccessKeyId = Annotated[
    str,
    Meta(
        description="The part of the secrets that names the key: it tells them apart, and is no secret itself.",
        extra_json_schema={"pattern": "^[0-9A-Za-z]{12}$"},
    ),
]
Secret = Annotated[
    str,
    Meta(
        description="For `Authorization: Bearer`. It is in this answer only.",
        extra_json_schema={"pattern": f"^{PATTERN}$"},
    ),
]


class KeyBody(msgspec.Struct, frozen=True, kw_only=True):
    """A key: what it may do, and until when."""

    id: UUID
    access_key_id: AccessKeyId
    name: KeyName
    scopes: KeyScopes
    created_at: Annotated[UtcTime, Meta(description="When it was made, in UTC.")]
    expires_at: Annotated[UtcTime, Meta(description="When it ends, in UTC; null: never.")] | None
    last_used_at: Annotated[UtcTime, Meta(description="When it was last used, right to five minutes, in UTC.")] | None
    revoked_at: Annotated[UtcTime, Meta(description="When it was revoked, in UTC.")] | None
    rate: KeyRate | None
    transfers: KeyTransfers | None


class IssuedKeyBody(KeyBody, frozen=True, kw_only=True):
    """A key and its new secret."""

    secret: Secret


class KeyPageBody(msgspec.Struct, frozen=True, kw_only=True):
    """A page of keys; `next` is the cursor of the next one, null on the last."""

    items: list[KeyBody]
    limit: Positive
    next: str | None


class Rotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a secret is replaced."""

    overlap_seconds: Overlap = DEFAULT_OVERLAP_SECONDS


def key_body(key: Key) -> KeyBody:
    """Return a key as admins see it."""
    return KeyBody(
        id=key.id,
        access_key_id=key.access_key_id,
        name=key.name,
        scopes=key.scopes,
        created_at=key.created_at,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        revoked_at=key.revoked_at,
        rate=key.limits.rate,
        transfers=key.limits.transfers,
    )


def issued_key_body(issued: IssuedKey) -> IssuedKeyBody:
    """Return a key with its secret, as the one who asked for it sees it once."""
    return IssuedKeyBody(**msgspec.structs.asdict(key_body(issued.key)), secret=issued.secret)
