"""Change a key."""

from uuid import UUID

import msgspec
from msgspec import UNSET

from domain.access.callers import Caller, CallerLimits
from domain.access.errors import AccessDeniedError, InvalidScopeError
from domain.access.limits import LimitCallers
from domain.errors import OutcomeUnknownError
from domain.keys.errors import (
    InvalidKeyExpiryError,
    InvalidKeyLimitError,
    InvalidKeyNameError,
    KeyRevokedError,
    NoSuchKeyError,
)
from domain.keys.grants import grant_limits, require_admin
from domain.keys.model import Key, KeyPatch, check_patch
from domain.keys.ports import Keys
from domain.values.errors import InvalidTimeError


class ChangeKey:
    """Rename a key, give it other scopes or another expiry: never more than the caller has."""

    errors = (
        AccessDeniedError,
        InvalidScopeError,
        InvalidKeyNameError,
        InvalidKeyExpiryError,
        InvalidKeyLimitError,
        InvalidTimeError,
        NoSuchKeyError,
        KeyRevokedError,
        OutcomeUnknownError,
    )

    def __init__(self, keys: Keys, callers: LimitCallers) -> None:
        self._keys = keys
        self._callers = callers

    async def __call__(self, caller: Caller, id: UUID, patch: KeyPatch) -> Key:
        """Return the changed key. Raises the errors of `check_patch`, `grant_limits` and `Keys.change_key`."""
        require_admin(caller)
        return await self._keys.change_key(caller, id, self._granted(caller, check_patch(patch)))

    def _granted(self, caller: Caller, patch: KeyPatch) -> KeyPatch:
        asked = CallerLimits(patch.rate or None, patch.transfers or None)
        limits = grant_limits(asked, caller.limits, self._callers.limits_of(caller))
        return msgspec.structs.replace(
            patch,
            rate=UNSET if patch.rate is UNSET else limits.rate,
            transfers=UNSET if patch.transfers is UNSET else limits.transfers,
        )
