"""Redirect a reader to the blob store for a file's bytes."""

from domain.access.callers import Caller
from domain.blobs.direct_access import ReadHeaders, ReadMethod
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError, DirectAccessUnsupportedError
from domain.blobs.ports import DirectAccess
from domain.files.content.find_readable import Readable, find_readable
from domain.files.errors import NoSuchFileError
from domain.files.model import Address
from domain.files.ports import Files


class Redirection:
    """A file that may be read, and the URL of its bytes in the blob store."""

    def __init__(self, found: Readable, direct_access: DirectAccess) -> None:
        self.file = found.file
        self.policy = found.policy
        self.is_public = found.is_public
        self._direct_access = direct_access

    async def url(self, method: ReadMethod, headers: ReadHeaders) -> str:
        """Return a URL of the bytes, which is valid for a short time. Raises `DirectAccessUnsupportedError`."""
        return await self._direct_access.sign_read(self.file.blob_key, method, headers)


class RedirectRead:
    """Find a file whose bytes a reader fetches from the blob store."""

    errors = (DirectAccessUnsupportedError, NoSuchFileError, BlobMissingError, BlobStoreUnavailableError)

    def __init__(self, files: Files, direct_access: DirectAccess) -> None:
        self._files = files
        self._direct_access = direct_access

    async def __call__(self, caller: Caller, address: Address) -> Redirection:
        """Return the file. Raises as `find_readable`."""
        return Redirection(await find_readable(self._files, caller, address), self._direct_access)
