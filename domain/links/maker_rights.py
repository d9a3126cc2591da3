"""What the maker of a link may do now."""

from datetime import datetime
from uuid import UUID

from domain.access.callers import SYSTEM
from domain.access.scopes import EVERYTHING, Permissions
from domain.keys.errors import NoSuchKeyError
from domain.keys.ports import Keys
from domain.links.model import Maker

_NOTHING = Permissions()


class MakerRights:
    """Look a maker's rights up, at each use of a link."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def __call__(self, maker: Maker, *, now: datetime) -> Permissions:
        """Return the rights of the maker as they are; none where it is gone.

        Of a token they are those that it had, for nobody can be asked; the link's life is limited instead.
        """
        match maker.kind:
            case "root":
                return EVERYTHING
            case "token":
                return Permissions(maker.scopes)
            case "key":
                return await self._of_key(UUID(maker.id), now)

    async def _of_key(self, id: UUID, now: datetime) -> Permissions:
        try:
            key = await self._keys.get_key(SYSTEM, id)
        except NoSuchKeyError:
            return _NOTHING
        has_expired = key.expires_at is not None and key.expires_at <= now
        return _NOTHING if has_expired or key.revoked_at is not None else Permissions(key.scopes)
