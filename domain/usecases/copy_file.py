"""Copy a file without copying its bytes."""

from uuid import UUID

from domain.model.buckets import check_bucket_name
from domain.model.files import Destination, File
from domain.model.names import check_file_name
from domain.model.preconditions import Precondition
from domain.ports import Files


class CopyFile:
    """Create another file on the same blob."""

    def __init__(self, catalog: Files) -> None:
        self._catalog = catalog

    async def __call__(self, id: UUID, to: Destination, precondition: Precondition) -> File:
        """Return the copy. Raises `InvalidNameError`, `InvalidBucketError`, and all that `Files.copy_file` does."""
        if to.name is not None:
            check_file_name(to.name)
        if to.bucket is not None:
            check_bucket_name(to.bucket)
        return await self._catalog.copy_file(id, to, precondition)
