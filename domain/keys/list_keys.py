"""List keys, the newest first."""

from uuid import UUID

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError
from domain.keys.grants import require_admin
from domain.keys.model import KeyPage, page_of
from domain.keys.ports import Keys


class ListKeys:
    """List a page of the keys whose scopes lie within the caller's."""

    errors = (AccessDeniedError,)

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def __call__(self, caller: Caller, *, revoked: bool = False, after: UUID | None, limit: int) -> KeyPage:
        """Return up to `limit` keys that are older than the one with the id `after`, the `revoked` ones too or not.

        Raises `AccessDeniedError`.
        """
        require_admin(caller)
        keys = await self._keys.list_keys(caller, revoked=revoked, after=after, limit=limit + 1)
        return page_of(keys, limit)
