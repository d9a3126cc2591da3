"""Enter an upload link: find where, and on what terms, it takes files, for whoever has its token."""

from collections.abc import AsyncIterable, AsyncIterator

import msgspec

from domain.access.callers import Caller
from domain.access.scopes import Permissions
from domain.buckets.errors import FileTooLargeError, QuotaExceededError, TypeNotAllowedError
from domain.errors import FileportError, InvalidInputError, PreconditionFailedError
from domain.files.errors import NameTakenError, NoSuchFileError
from domain.files.model import NewFile
from domain.files.ports import Files
from domain.files.terms import Terms, free_names
from domain.links.errors import LinkEndedError, NoSuchLinkError, WrongLinkError
from domain.links.maker_rights import MakerRights
from domain.links.model import Link, upload_scope
from domain.links.ports import Links
from domain.links.tokens import hash_of
from domain.links.visit import Visit
from domain.values.ids import new_id
from domain.values.preconditions import NO_PRECONDITION, Precondition


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An upload link that was entered, and the caller that it makes of its visitor."""

    link: Link
    caller: Caller
    token: str
    visit: Visit

    @property
    def bucket(self) -> str:
        """The bucket that the link takes files in."""
        return self.link.bucket or ""

    def shown(self, name: str) -> str:
        """Return the name of a file as the link's visitors know it."""
        return name.removeprefix(self.link.prefix or "")


class EnterUploadLink:
    """Enter one link. The rights of its maker are looked up each time."""

    errors = (NoSuchLinkError, LinkEndedError, WrongLinkError)

    def __init__(self, links: Links, files: Files, maker_rights: MakerRights) -> None:
        self._links = links
        self._files = files
        self._maker_rights = maker_rights

    async def __call__(self, token: str, visit: Visit) -> Entry:
        """Return the entry. Raises all of `errors`. A link that is used up can be entered, for uploads under way."""
        found = await self._links.find_link(hash_of(token))
        link = found.link
        link.check_alive(found.now)
        if link.bucket is None:
            raise WrongLinkError("The link serves a file, and takes none.")
        rights = await self._maker_rights(link.maker)
        if not _may_write(rights, link.bucket, link):
            raise LinkEndedError("The link has ended.")
        caller = Caller(
            kind="link",
            id=str(link.id),
            permissions=Permissions((upload_scope(link.bucket, link.name, link.prefix),)),
            address=visit.address,
            request_id=visit.request_id,
        )
        return Entry(link=link, caller=caller, token=token, visit=visit)

    async def placed(self, entry: Entry, sent: NewFile) -> NewFile:
        """Return a file that was sent, at its place and on the link's terms, without conditions, metadata and tags.

        Its name is relative to the link's prefix; an empty one is made up. Raises `InvalidInputError` for a name where
        the link has its own.
        """
        link = entry.link
        terms = Terms(max_file_size=link.max_file_size, allowed_types=link.allowed_types)
        name = link.name
        if name is not None:
            if sent.name:
                raise InvalidInputError("The link takes one file, whose name it knows: send it to the link itself.")
        else:
            wanted = f"{link.prefix or ''}{sent.name or new_id()}"
            terms = msgspec.structs.replace(terms, wanted_name=wanted)
            name = await self._free_name(entry.bucket, wanted)
        return NewFile(
            bucket=entry.bucket,
            name=name,
            content_type=sent.content_type,
            size=sent.size,
            digests=sent.digests,
            # A wanted name gets the condition with each name that is tried.
            precondition=Precondition(if_none_match=()) if terms.wanted_name is None else NO_PRECONDITION,
            terms=terms,
        )

    async def while_alive(self, entry: Entry, body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """Pass `body` through, and at its end raise `LinkEndedError` where the link has ended meanwhile."""
        async for chunk in body:
            yield chunk
        await self(entry.token, entry.visit)

    async def _free_name(self, bucket: str, wanted: str) -> str:
        # A free name is taken by the commit alone, which goes on from there.
        for name in free_names(wanted):
            try:
                await self._files.get_file_by_name(bucket, name)
            except NoSuchFileError:
                return name
        return wanted


def _may_write(rights: Permissions, bucket: str, link: Link) -> bool:
    if link.prefix is None:
        return rights.allow("write", bucket, link.name or "")
    return rights.allow_below("write", bucket, link.prefix)


def told(error: FileportError) -> FileportError:
    """Return the error as a link's visitor is told it: a taken name as such, and limits without their figures."""
    match error:
        case PreconditionFailedError():
            return NameTakenError("A file has that name already.")
        case QuotaExceededError():
            return QuotaExceededError("There is no room for the file.")
        case FileTooLargeError():
            return FileTooLargeError("The file is larger than the link allows.")
        case TypeNotAllowedError():
            return TypeNotAllowedError("The link does not take files of this type.")
        case _:
            return error
