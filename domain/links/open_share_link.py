"""Open a share link: find its file, for whoever has its token."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

from domain.access.acting import acting_as
from domain.access.callers import Caller
from domain.blobs.chunks import AnyChunk, Body, SendableBody
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.buckets.model import Policy
from domain.files.content.read_file import FileContent, ReadFile
from domain.files.errors import NoSuchFileError
from domain.files.model import File
from domain.links.check_password import CheckPassword
from domain.links.errors import LinkEndedError, NoSuchLinkError, WrongLinkError
from domain.links.maker_rights import MakerRights
from domain.links.model import Link, permissions_to, used_up_error
from domain.links.ports import Links
from domain.links.tokens import Ticket, handle_of, hash_of, read_ticket, sign_ticket
from domain.links.visit import Visit
from domain.values.ranges import ByteRange


class SharedContent:
    """A link's file and its bytes: the first opening of them is the download that counts, unless one is resumed.

    Of the tickets, which the reader shows with its next requests, one is for an answer with bytes, and the other for an
    answer without.
    """

    def __init__(
        self,
        link: Link,
        content: FileContent,
        links: Links,
        *,
        caller: Caller,
        counted_for: str | None,
        ticket_with_bytes: str,
        ticket_without: str,
    ) -> None:
        self.link = link
        self.ticket_with_bytes = ticket_with_bytes
        self.ticket_without = ticket_without
        self._content = content
        self._links = links
        self.caller = caller
        self._counted_for = counted_for

    @property
    def file(self) -> File:
        return self._content.file

    @property
    def policy(self) -> Policy:
        return self._content.policy

    @property
    def is_public(self) -> bool:
        """Whether anybody gets the file: only with the link, whatever its bucket is."""
        return False

    def whole(self) -> Body:
        """Return all bytes. Opening them raises `LinkEndedError` where the link is used up by now."""
        return self._counted(self._content.whole())

    def part(self, part: ByteRange) -> Body:
        """Return the bytes of a part that lies in the file, on the same terms."""
        return self._counted(self._content.part(part))

    def for_sending(self, part: ByteRange | None = None) -> SendableBody:
        """Return all bytes or a part, on the same terms, as `FileContent` does."""
        return self._counted(self._content.for_sending(part))

    @asynccontextmanager
    async def _counted(
        self, body: AbstractAsyncContextManager[AsyncIterator[AnyChunk]]
    ) -> AsyncIterator[AsyncIterator[AnyChunk]]:
        async with body as chunks:
            # The bytes can be read: a download that fails before them does not count.
            if self._counted_for is not None:
                with acting_as(self.caller):
                    if not await self._links.count_use(self.link.id, self._counted_for):
                        raise used_up_error()
                self._counted_for = None
            yield chunks


class OpenShareLink:
    """Open one link. The rights of its maker are looked up each time, and the file as it is now is found by its id."""

    errors = (
        NoSuchLinkError,
        LinkEndedError,
        WrongLinkError,
        *CheckPassword.errors,
        BlobMissingError,
        BlobStoreUnavailableError,
    )

    def __init__(
        self, links: Links, maker_rights: MakerRights, check_password: CheckPassword, read_file: ReadFile
    ) -> None:
        self._links = links
        self._maker_rights = maker_rights
        self._check_password = check_password
        self._read_file = read_file

    async def __call__(self, token: str, visit: Visit) -> SharedContent:
        """Return the file. Raises all of `errors`.

        A link that is used up still serves the rest of a download that it began within the last hour.
        """
        found = await self._links.find_link(hash_of(token))
        link = found.link
        link.check_alive(found.now)
        if link.file_id is None:
            raise WrongLinkError("The link takes uploads, and serves no file.")
        shown = read_ticket(visit.ticket, token, link.secret, now=found.now)
        if link.password_hash is not None and not shown.has_password:
            await self._check_password(link, visit.password, address=visit.address, realm=handle_of(token))
        caller = Caller(
            kind="link",
            id=str(link.id),
            permissions=permissions_to("read", await self._maker_rights(link.maker)),
            address=visit.address,
            request_id=visit.request_id,
        )
        content = await self._read(caller, link.file_id, with_bytes=visit.with_bytes)
        is_resumed = await self._is_resumed(link, content.file, visit, shown)
        if link.is_used_up and not is_resumed:
            raise used_up_error()

        has_password = link.password_hash is not None
        begun = Ticket(has_password=has_password, has_begun=True)
        # The hour of a download is not renewed by requests that continue it: one download would have no end.
        kept = Ticket(
            has_password=has_password, has_begun=shown.has_begun, until=shown.until if shown.has_begun else None
        )

        def sign(ticket: Ticket) -> str:
            return sign_ticket(ticket, token, link.secret, now=found.now)

        return SharedContent(
            link,
            content,
            self._links,
            caller=caller,
            counted_for=None if is_resumed else visit.address,
            ticket_with_bytes=sign(kept if is_resumed else begun),
            ticket_without=sign(kept),
        )

    async def _read(self, caller: Caller, file_id: UUID, *, with_bytes: bool) -> FileContent:
        try:
            return await self._read_file(caller, file_id, with_bytes=with_bytes)
        except NoSuchFileError:
            raise LinkEndedError("The link's file is gone.") from None

    async def _is_resumed(self, link: Link, file: File, visit: Visit, shown: Ticket) -> bool:
        if visit.part is None or not visit.part.holds(file):
            return False
        return shown.has_begun or await self._links.was_used_from(link.id, visit.address)
