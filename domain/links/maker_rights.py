"""The rights that the maker of a link has now."""

from uuid import UUID

from domain.access.scopes import EVERYTHING, Permissions
from domain.keys.key_rights import KeyRights
from domain.links.model import Maker


class MakerRights:
    """Look a maker's rights up, at each use of a link."""

    def __init__(self, key_rights: KeyRights) -> None:
        self._key_rights = key_rights

    async def __call__(self, maker: Maker) -> Permissions:
        """Return the rights of the maker as they are; none where it is gone.

        Of a token they are those that it had, for nobody can be asked; the link's life is limited instead.
        """
        match maker.kind:
            case "root":
                return EVERYTHING
            case "token":
                return Permissions(maker.scopes)
            case "key":
                return await self._key_rights.permissions_of_key(UUID(maker.id))
