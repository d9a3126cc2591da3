"""Find a file's record, by id or by bucket and name."""

from uuid import UUID

from domain.access.callers import Caller
from domain.files.access import require_sight
from domain.files.addresses import check_address
from domain.files.errors import NoSuchFileError
from domain.files.model import Address, File
from domain.files.ports import Files


class FindFile:
    """Find one file."""

    errors = (NoSuchFileError,)

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, caller: Caller, address: Address) -> File:
        """Return the file. Raises `InvalidBucketError`, `InvalidNameError`, and as `require_sight`."""
        address = check_address(address)
        if isinstance(address, UUID):
            file = await self._files.get_file(address)
        else:
            file, _ = await self._files.get_file_with_policy(address)
        require_sight(caller, file)
        return file
