"""Find a file's record, by id or by place."""

from uuid import UUID

from domain.buckets.model import check_bucket_name
from domain.files.errors import NoSuchFileError
from domain.files.model import Address, File, Location
from domain.files.names import check_file_name
from domain.files.ports import Files


class FindFile:
    """Find one file."""

    errors = (NoSuchFileError,)

    def __init__(self, catalog: Files) -> None:
        self._catalog = catalog

    async def __call__(self, address: Address) -> File:
        """Return the file. Raises `NoSuchFileError`, `InvalidBucketError`, `InvalidNameError`."""
        address = check_address(address)
        if isinstance(address, UUID):
            return await self._catalog.get_file(address)
        return await self._catalog.get_file_by_name(address.bucket, address.name)


def check_address(address: Address) -> Address:
    """Return `address` if a file may be there, else raise `InvalidBucketError` or `InvalidNameError`."""
    if isinstance(address, Location):
        check_bucket_name(address.bucket)
        check_file_name(address.name)
    return address
