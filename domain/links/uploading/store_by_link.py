"""Store a file that comes by an upload link."""

from collections.abc import AsyncIterable, AsyncIterator

import msgspec

from domain.access.acting import acting_as
from domain.errors import FileportError, InvalidInputError
from domain.files.content.store_file import StoreFile
from domain.files.content.store_once import StoreOnce
from domain.files.errors import NameTakenError
from domain.files.model import File, NewFile
from domain.links.model import used_up_error
from domain.links.ports import Links
from domain.links.uploading.enter_upload_link import EnterUploadLink, Entry, told


class Received(msgspec.Struct, frozen=True):
    """A file that was stored, and the name that the link's visitors know it by."""

    file: File
    name: str


class StoreByLink:
    """Store one file, by the same protocol as others: with the link as the caller, and on its terms."""

    errors = (*EnterUploadLink.errors, *StoreFile.errors, NameTakenError, InvalidInputError)

    def __init__(self, enter: EnterUploadLink, links: Links, store: StoreOnce) -> None:
        self._enter = enter
        self._links = links
        self._store = store

    async def __call__(self, entry: Entry, sent: NewFile, body: AsyncIterable[bytes]) -> Received:
        """Store `body` under the name that was sent, relative to the link's prefix, or under a free one like it.

        An upload counts as begun when its first bytes are asked for, once nothing else is against it. The link and its
        maker's rights are looked up again before the file is committed. Raises all of `errors`.
        """
        if entry.link.is_used_up:
            raise used_up_error()
        with acting_as(entry.caller):
            try:
                new = await self._enter.placed(entry, sent)
                stored = await self._store(entry.caller, new, self._counted(entry, body), None)
            except FileportError as error:
                raise told(error) from error
        return Received(stored.file, entry.shown(stored.file.name))

    async def _counted(self, entry: Entry, body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        if not await self._links.count_use(entry.link.id, entry.visit.address):
            raise used_up_error()
        async for chunk in self._enter.while_alive(entry, body):
            yield chunk
