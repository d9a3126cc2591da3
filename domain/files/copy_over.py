"""Copy a file without copying its bytes, to a name that another file may have."""

from msgspec.structs import replace

from domain.access.callers import Caller
from domain.buckets.errors import ADMISSION, InvalidBucketError
from domain.buckets.model import check_bucket_name
from domain.errors import OutcomeUnknownError
from domain.files.access import require_store
from domain.files.addresses import check_address
from domain.files.errors import InvalidMetadataError, InvalidNameError, NoSuchFileError
from domain.files.metadata import check_metadata
from domain.files.model import Stored
from domain.files.names import check_file_name
from domain.files.new_copy import NewCopy
from domain.files.ports import Files


class CopyOver:
    """Copy a file over another one, or over itself, or to a name that is free."""

    errors = (
        InvalidNameError,
        InvalidBucketError,
        InvalidMetadataError,
        NoSuchFileError,
        *ADMISSION,
        OutcomeUnknownError,
    )

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, caller: Caller, new: NewCopy) -> Stored:
        """Return the copy.

        Raises all that `Files.copy_over` and `require_store` do, and the `Invalid…Error` of a field that is invalid.
        """
        check_bucket_name(new.to.bucket)
        check_file_name(new.to.name)
        require_store(caller, new.to.bucket, new.to.name)
        check_address(new.source)
        metadata = None if new.metadata is None else check_metadata(new.metadata)
        return await self._files.copy_over(caller, replace(new, metadata=metadata))
