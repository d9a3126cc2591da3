"""Revoke a link."""

from uuid import UUID

from domain.access.callers import Caller
from domain.errors import OutcomeUnknownError
from domain.links.find_link import FindLink
from domain.links.ports import Links


class RevokeLink:
    """End one link, as its maker or an admin of its target."""

    errors = (*FindLink.errors, OutcomeUnknownError)

    def __init__(self, find: FindLink, links: Links) -> None:
        self._find = find
        self._links = links

    async def __call__(self, caller: Caller, id: UUID) -> None:
        """End the link; downloads in progress go on to their end. Raises `NoSuchLinkError`, `OutcomeUnknownError`."""
        await self._find(caller, id)
        await self._links.revoke_link(id)
