"""Delete a file."""

from domain.access.callers import Caller
from domain.errors import OutcomeUnknownError
from domain.files.addresses import check_address
from domain.files.errors import NoSuchFileError
from domain.files.model import Address
from domain.files.ports import Files
from domain.values.preconditions import Precondition


class DeleteFile:
    """Delete a file at once; its bytes are removed after the grace period, unless another file shares them."""

    errors = (NoSuchFileError, OutcomeUnknownError)

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, caller: Caller, address: Address, precondition: Precondition) -> None:
        """Raises `NoSuchFileError`, `PreconditionFailedError`, `InvalidBucketError`, `InvalidNameError`."""
        await self._files.delete_file(caller, check_address(address), precondition)
