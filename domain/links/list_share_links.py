"""List the links of a file."""

from uuid import UUID

from domain.access.callers import Caller
from domain.files.access import require_sight
from domain.files.errors import NoSuchFileError
from domain.files.ports import Files
from domain.links.model import LinkPage, maker_of, page_of
from domain.links.ports import Links


class ListShareLinks:
    """List a page of a file's links: all of them for an admin, for another caller those that it made."""

    errors = (NoSuchFileError,)

    def __init__(self, files: Files, links: Links) -> None:
        self._files = files
        self._links = links

    async def __call__(self, caller: Caller, file_id: UUID, *, after: UUID | None, limit: int) -> LinkPage:
        """Return up to `limit` links that were not revoked, the newest first, from the one after `after` on.

        Raises `NoSuchFileError`, also where the caller may not see the file.
        """
        file = await self._files.get_file(file_id)
        require_sight(caller, file)
        is_admin = caller.permissions.allow("admin", file.bucket, file.name)
        owner = None if is_admin else maker_of(caller)
        return page_of(await self._links.list_links(file_id=file_id, owner=owner, after=after, limit=limit + 1), limit)
