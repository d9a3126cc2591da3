"""The credentials that a caller with a key is checked by."""

from datetime import datetime
from uuid import UUID

import msgspec

from domain.access.callers import CallerLimits
from domain.access.scopes import Scope
from domain.keys.sealed import KeptSecret


class KeySecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret as it is kept, which holds for so many seconds more; None: for ever."""

    kept: KeptSecret
    seconds_left: float | None = None


class KeyCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """A key that holds, as it was read. Seconds count from then, by the catalog's clock."""

    id: UUID
    scopes: tuple[Scope, ...]
    secrets: tuple[KeySecret, ...]
    expires_at: datetime | None = None
    limits: CallerLimits = CallerLimits()
    seconds_left: float | None = None
