"""Find a key by its id."""

from uuid import UUID

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError
from domain.keys.errors import NoSuchKeyError
from domain.keys.grants import require_admin
from domain.keys.model import Key
from domain.keys.ports import Keys


class FindKey:
    """Find one key, revoked or not."""

    errors = (AccessDeniedError, NoSuchKeyError)

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def __call__(self, caller: Caller, id: UUID) -> Key:
        """Raises `AccessDeniedError`, `NoSuchKeyError`."""
        require_admin(caller)
        return await self._keys.get_key(caller, id)
