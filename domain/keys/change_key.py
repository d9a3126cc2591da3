"""Change a key."""

from uuid import UUID

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError, InvalidScopeError
from domain.errors import OutcomeUnknownError
from domain.keys.errors import InvalidKeyExpiryError, InvalidKeyNameError, KeyRevokedError, NoSuchKeyError
from domain.keys.grants import require_admin
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
        InvalidTimeError,
        NoSuchKeyError,
        KeyRevokedError,
        OutcomeUnknownError,
    )

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def __call__(self, caller: Caller, id: UUID, patch: KeyPatch) -> Key:
        """Return the changed key. Raises the errors of `check_patch` and `Keys.change_key`."""
        require_admin(caller)
        return await self._keys.change_key(caller, id, check_patch(patch))
