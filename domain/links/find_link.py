"""Find a link by its id."""

from uuid import UUID

from domain.access.callers import Caller
from domain.errors import DeniedAccess
from domain.files.errors import NoSuchFileError
from domain.files.ports import Files
from domain.links.errors import NoSuchLinkError, no_such_link
from domain.links.model import Link
from domain.links.ports import Links


class FindLink:
    """Find one link, for its maker or an admin of its target."""

    errors = (NoSuchLinkError,)

    def __init__(self, links: Links, files: Files) -> None:
        self._links = links
        self._files = files

    async def __call__(self, caller: Caller, id: UUID) -> Link:
        """Return the link, ended or not. Raises `NoSuchLinkError`, also where the link is another's."""
        link = await self._links.get_link(id)
        if not link.maker.is_(caller) and not await self._administers(caller, link):
            raise caller.refusal(no_such_link(), DeniedAccess(bucket=link.bucket, name=link.name))
        return link

    async def _administers(self, caller: Caller, link: Link) -> bool:
        rights = caller.permissions
        if link.bucket is not None:
            below = link.prefix
            if below is None:
                return rights.allow("admin", link.bucket, link.name or "")
            return rights.allow_below("admin", link.bucket, below)
        if link.file_id is None or not rights.administer_any:
            return False
        try:
            file = await self._files.get_file(link.file_id)
        except NoSuchFileError:
            return rights.administer_all
        return rights.allow("admin", file.bucket, file.name)
