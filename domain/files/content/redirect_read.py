"""Redirect a reader to the blob store for a file's bytes."""

from domain.access.callers import Caller
from domain.blobs.direct_access import ReadHeaders, ReadMethod
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError, DirectAccessUnsupportedError
from domain.blobs.ports import DirectAccess
from domain.buckets.model import Policy
from domain.files.access import require_read
from domain.files.addresses import check_address
from domain.files.errors import NoSuchFileError
from domain.files.model import Address, File
from domain.files.ports import Files


class Redirection:
    """A file, the policy of its bucket, and the URL of its bytes in the blob store."""

    def __init__(self, file: File, policy: Policy, direct_access: DirectAccess) -> None:
        self.file = file
        self.policy = policy
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
        """Return the file. Raises `InvalidBucketError`, `InvalidNameError`, and as `require_read`."""
        file, policy = await self._files.get_file_with_policy(check_address(address))
        require_read(caller, file)
        return Redirection(file, policy, self._direct_access)
