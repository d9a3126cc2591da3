"""The credentials that a bearer is checked by."""

from datetime import datetime
from uuid import UUID

import msgspec

from domain.access.callers import CallerLimits
from domain.access.scopes import Scope


class SecretCode(msgspec.Struct, frozen=True, kw_only=True):
    """The code of a secret, which holds for so many seconds more; None: for ever."""

    code: bytes
    seconds_left: float | None = None


class KeyCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """A key that holds, as it was read. Seconds count from then, by the catalog's clock."""

    id: UUID
    scopes: tuple[Scope, ...]
    codes: tuple[SecretCode, ...]
    expires_at: datetime | None = None
    limits: CallerLimits = CallerLimits()
    seconds_left: float | None = None
