"""Resumable uploads that come by an upload link."""

from collections.abc import AsyncIterable, Awaitable
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

import msgspec

from domain.access.acting import acting_as
from domain.errors import FileportError, OutcomeUnknownError
from domain.files.errors import NameTakenError, NoSuchFileError
from domain.files.ports import Files
from domain.links.model import used_up_error
from domain.links.ports import Links
from domain.links.uploading.enter_upload_link import EnterUploadLink, Entry, told
from domain.uploads.append_to_upload import Addition, AppendToUpload
from domain.uploads.begin_upload import BeginUpload
from domain.uploads.end_upload import EndUpload
from domain.uploads.errors import InvalidUploadError
from domain.uploads.find_upload import FindUpload
from domain.uploads.model import NewUpload, Upload

T = TypeVar("T")


class ResumedUpload(msgspec.Struct, frozen=True):
    """An upload, and the name of its file as the link's visitors know it, None while it is none."""

    upload: Upload
    name: str | None


class ResumeByLink:
    """Begin, find, continue and end uploads, as the link: those of other links are missing.

    The link, and its maker's rights, are looked up with each request, and once more behind the bytes of one.
    """

    errors = (*EnterUploadLink.errors, *BeginUpload.errors, NameTakenError)

    def __init__(
        self,
        *,
        enter: EnterUploadLink,
        links: Links,
        files: Files,
        begin: BeginUpload,
        append: AppendToUpload,
        find: FindUpload,
        end: EndUpload,
    ) -> None:
        self._enter = enter
        self._links = links
        self._files = files
        self._begin = begin
        self._append = append
        self._find = find
        self._end = end

    async def begin(
        self, entry: Entry, new: NewUpload, first: Addition | None, body: AsyncIterable[bytes] | None
    ) -> ResumedUpload:
        """Begin an upload, which counts, unless it is refused. Raises all of `errors`."""
        if new.kind != "whole" or new.target is None:
            raise InvalidUploadError("A link takes whole uploads: Upload-Concat is left out.")
        with acting_as(entry.caller):
            if not await self._links.count_use(entry.link.id, entry.visit.address):
                raise used_up_error()
        try:
            # Clients of tus send a name always: where the link has one, theirs is for people.
            sent = new.target if entry.link.name is None else msgspec.structs.replace(new.target, name="")
            target = await self._enter.placed(entry, sent)
            placed = msgspec.structs.replace(new, target=target)
            watched = None if body is None else self._enter.while_alive(entry, body)
            return await self._as_link(entry, self._begin(entry.caller, placed, first, watched))
        except OutcomeUnknownError:
            raise
        except FileportError:
            with suppress(FileportError):
                await self._links.give_use_back(entry.link.id)
            raise

    async def append(self, entry: Entry, id: UUID, addition: Addition, body: AsyncIterable[bytes]) -> ResumedUpload:
        """Add bytes to an upload. Raises as `AppendToUpload` does."""
        watched = self._enter.while_alive(entry, body)
        return await self._as_link(entry, self._append(entry.caller, id, addition, watched))

    async def find(self, entry: Entry, id: UUID) -> ResumedUpload:
        """Find an upload. Raises as `FindUpload` does."""
        return await self._as_link(entry, self._find(entry.caller, id))

    async def end(self, entry: Entry, id: UUID) -> None:
        """End an upload; a file that it has become stays. Raises as `EndUpload` does."""
        with acting_as(entry.caller):
            await self._end(entry.caller, id)

    async def _as_link(self, entry: Entry, work: Awaitable[Upload]) -> ResumedUpload:
        with acting_as(entry.caller):
            try:
                upload = await work
            except FileportError as error:
                raise told(error) from error
        return ResumedUpload(upload, await self._name(entry, upload))

    async def _name(self, entry: Entry, upload: Upload) -> str | None:
        if upload.file_id is None:
            return None
        try:
            return entry.shown((await self._files.get_file(upload.file_id)).name)
        except NoSuchFileError:
            return None
