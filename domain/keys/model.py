"""Keys, and the rules for new and changed ones."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from domain.access.callers import MAX_RATE, MAX_TRANSFERS, Caller, CallerLimits
from domain.access.scopes import MAX_SCOPES, Scope, check_scopes
from domain.keys.errors import InvalidKeyLimitError, InvalidKeyNameError, InvalidOverlapError
from domain.values.times import in_utc

MAX_NAME_CHARACTERS = 200
MAX_OVERLAP_SECONDS = 604_800
DEFAULT_OVERLAP_SECONDS = 0

_NAME = re.compile(r"[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]+")

# The limits describe the fields; `check_new_key`, `check_patch` and `check_overlap` keep them.
KeyName = Annotated[
    str,
    Meta(description="For people.", extra_json_schema={"minLength": 1, "maxLength": MAX_NAME_CHARACTERS}),
]
KeyScopes = Annotated[tuple[Scope, ...], Meta(extra_json_schema={"minItems": 1, "maxItems": MAX_SCOPES})]
KeyExpiry = Annotated[
    datetime,
    Meta(
        description="From then on the key is not taken; null: as its maker's, which may be never.",
        extra_json_schema={"format": "date-time"},
    ),
]
KeyRate = Annotated[
    int,
    Meta(
        description="Requests a second; null: as its maker's, else as the service has it for all.",
        extra_json_schema={"minimum": 1, "maximum": MAX_RATE},
    ),
]
KeyTransfers = Annotated[
    int,
    Meta(
        description="Bodies of files that move at once, either way; null: as its maker's, else as the service has it.",
        extra_json_schema={"minimum": 1, "maximum": MAX_TRANSFERS},
    ),
]
Overlap = Annotated[
    int,
    Meta(
        description="How long the former secret goes on to be taken, in seconds.",
        extra_json_schema={"minimum": 0, "maximum": MAX_OVERLAP_SECONDS},
    ),
]


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to make."""

    name: KeyName
    scopes: KeyScopes
    expires_at: KeyExpiry | None = None
    rate: KeyRate | None = None
    transfers: KeyTransfers | None = None


class KeyIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of a key: its own, and the one that its secrets are found by."""

    id: UUID
    access_key_id: str


class KeyPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON merge patch (RFC 7396) of a key: fields that are left out stay."""

    name: KeyName | UnsetType = UNSET
    scopes: KeyScopes | UnsetType = UNSET
    expires_at: KeyExpiry | UnsetType | None = UNSET
    rate: KeyRate | UnsetType | None = UNSET
    transfers: KeyTransfers | UnsetType | None = UNSET


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A key. `version` counts its secrets; the newest has that number. `last_used_at` is right to five minutes."""

    id: UUID
    access_key_id: str
    name: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    limits: CallerLimits = CallerLimits()
    version: int = 1


class IssuedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with a secret that nobody is shown again."""

    key: Key
    secret: str

    def __repr__(self) -> str:
        return f"IssuedKey(key={self.key!r}, secret=...)"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("key", self.key)]


class KeyPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of keys. `next` is the id of its last key where others follow, else None."""

    items: list[Key]
    next: UUID | None


def is_seen_by(caller: Caller, key: Key) -> bool:
    """Return whether the key is one that the caller may handle: the caller administers all of its scopes."""
    return caller.permissions.administered.contain(key.scopes)


def check_new_key(new: NewKey) -> NewKey:
    """Return the key to make, with its time in UTC.

    Raises `InvalidKeyNameError`, `InvalidScopeError`, `InvalidTimeError`, `InvalidKeyLimitError`.
    """
    _check_limit("rate", new.rate, MAX_RATE)
    _check_limit("transfers", new.transfers, MAX_TRANSFERS)
    return msgspec.structs.replace(
        new, name=_check_name(new.name), scopes=check_scopes(new.scopes), expires_at=_in_utc(new.expires_at)
    )


def check_patch(patch: KeyPatch) -> KeyPatch:
    """Return the patch, with its time in UTC. Raises the errors of `check_new_key`."""
    _check_limit("rate", patch.rate, MAX_RATE)
    _check_limit("transfers", patch.transfers, MAX_TRANSFERS)
    return msgspec.structs.replace(
        patch,
        name=UNSET if patch.name is UNSET else _check_name(patch.name),
        scopes=UNSET if patch.scopes is UNSET else check_scopes(patch.scopes),
        expires_at=UNSET if patch.expires_at is UNSET else _in_utc(patch.expires_at),
    )


def check_overlap(seconds: int) -> int:
    """Return the overlap of a rotation. Raises `InvalidOverlapError`."""
    if not 0 <= seconds <= MAX_OVERLAP_SECONDS:
        raise InvalidOverlapError(InvalidOverlapError.example)
    return seconds


def page_of(keys: Sequence[Key], limit: int) -> KeyPage:
    """Return the page of the first `limit` keys."""
    items = list(keys[:limit])
    return KeyPage(items=items, next=items[-1].id if len(keys) > limit else None)


def _check_name(name: str) -> str:
    if not name.strip() or len(name) > MAX_NAME_CHARACTERS or not _NAME.fullmatch(name):
        raise InvalidKeyNameError(InvalidKeyNameError.example)
    return name


def _check_limit(name: str, limit: int | UnsetType | None, most: int) -> None:
    if isinstance(limit, int) and not 1 <= limit <= most:
        raise InvalidKeyLimitError(f"{name} is a whole number from 1 to {most}, or null.")


def _in_utc(time: datetime | None) -> datetime | None:
    return None if time is None else in_utc(time)
