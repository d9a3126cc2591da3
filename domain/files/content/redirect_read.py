"""Redirect a reader to the blob store for a file's bytes."""

from domain.blobs.direct_access import ReadHeaders, ReadMethod
from domain.blobs.errors import DirectAccessUnsupportedError
from domain.blobs.model import is_inline
from domain.blobs.ports import DirectAccess
from domain.files.content.read_file import FileContent, ReadFile


class RedirectRead:
    """Make the URL at which a reader fetches a file's bytes from the blob store."""

    errors = (DirectAccessUnsupportedError, *ReadFile.errors)

    def __init__(self, direct_access: DirectAccess) -> None:
        self._direct_access = direct_access

    async def __call__(self, content: FileContent, method: ReadMethod, headers: ReadHeaders) -> str:
        """Return a URL of the bytes, which is valid for a short time. Raises `DirectAccessUnsupportedError`."""
        return await self._direct_access.sign_read(content.file.blob_key, method, headers)


def may_redirect(content: FileContent) -> bool:
    """Tell whether the blob store has the bytes. Inline ones it has not: their reader gets them at once."""
    return not is_inline(content.file.blob_key)
