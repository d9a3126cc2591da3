"""Copy a file without copying its bytes."""

from uuid import UUID

from domain.access.callers import Caller
from domain.buckets.errors import ADMISSION, InvalidBucketError
from domain.errors import OutcomeUnknownError
from domain.files.access import require_store
from domain.files.addresses import check_destination
from domain.files.errors import InvalidNameError, NameTakenError, NoSuchFileError
from domain.files.model import Destination, File
from domain.files.ports import Files
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.model import KeyedRequest
from domain.values.preconditions import Precondition


class CopyFile:
    """Create another file on the same blob."""

    errors = (InvalidNameError, InvalidBucketError, NoSuchFileError, NameTakenError, *ADMISSION, OutcomeUnknownError)

    def __init__(self, files: Files, idempotent: IdempotentExecutor) -> None:
        self._files = files
        self._idempotent = idempotent

    async def __call__(
        self,
        caller: Caller,
        id: UUID,
        to: Destination,
        precondition: Precondition,
        request: KeyedRequest | None = None,
    ) -> File:
        """Return the copy, or the one that the same `request` made before, if the caller may still store it.

        Raises all that `check_destination`, `require_store`, `Files.copy_file` and `IdempotentExecutor` do.
        """
        check_destination(to)

        async def check(first: File) -> None:
            require_store(caller, first.bucket, first.name)

        return await self._idempotent(
            request, File, lambda claim: self._files.copy_file(caller, id, to, precondition, claim), check=check
        )
