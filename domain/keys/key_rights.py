"""The rights that the bearer of a key has by now."""

from uuid import UUID

from domain.access.callers import SYSTEM, Caller
from domain.access.scopes import Permissions
from domain.keys.errors import NoSuchKeyError
from domain.keys.ports import KeyRecords, Keys

_NOTHING = Permissions()


class KeyRights:
    """Keep the port `Rights`, of keys."""

    def __init__(self, keys: Keys, records: KeyRecords) -> None:
        self._keys = keys
        self._records = records

    async def permissions_of(self, caller: Caller) -> Permissions | None:
        return await self.permissions_of_key(UUID(caller.id)) if caller.kind == "key" else None

    async def permissions_of_key(self, id: UUID) -> Permissions:
        """Return the rights of the key: none where it is revoked, has expired, or is gone."""
        try:
            key = await self._keys.get_key(SYSTEM, id)
        except NoSuchKeyError:
            return _NOTHING
        # The catalog's clock tells whether it has expired.
        credentials = await self._records.find_credentials(key.access_key_id)
        return _NOTHING if credentials is None else Permissions(credentials.scopes)
