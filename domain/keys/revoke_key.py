"""Revoke a key."""

from uuid import UUID

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError
from domain.errors import OutcomeUnknownError
from domain.keys.errors import NoSuchKeyError
from domain.keys.grants import require_admin
from domain.keys.model import Key
from domain.keys.ports import Keys


class RevokeKey:
    """End a key for ever. It stays readable."""

    errors = (AccessDeniedError, NoSuchKeyError, OutcomeUnknownError)

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def __call__(self, caller: Caller, id: UUID) -> Key:
        """Return the revoked key. Raises `AccessDeniedError`, `NoSuchKeyError`, `OutcomeUnknownError`."""
        require_admin(caller)
        return await self._keys.revoke_key(caller, id)
