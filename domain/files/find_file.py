"""Find a file's record, by id or by bucket and name."""

from uuid import UUID

from domain.files.addresses import check_address
from domain.files.errors import NoSuchFileError
from domain.files.model import Address, File
from domain.files.ports import Files


class FindFile:
    """Find one file."""

    errors = (NoSuchFileError,)

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, address: Address) -> File:
        """Return the file. Raises `NoSuchFileError`, `InvalidBucketError`, `InvalidNameError`."""
        address = check_address(address)
        if isinstance(address, UUID):
            return await self._files.get_file(address)
        file, _ = await self._files.get_file_with_policy(address)
        return file
