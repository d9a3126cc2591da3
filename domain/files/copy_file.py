"""Copy a file without copying its bytes."""

from uuid import UUID

from domain.buckets.errors import ADMISSION, InvalidBucketError
from domain.buckets.model import check_bucket_name
from domain.errors import InvalidInputError, OutcomeUnknownError
from domain.files.errors import InvalidNameError, NameTakenError, NoSuchFileError
from domain.files.model import Destination, File
from domain.files.names import check_file_name
from domain.files.ports import Files
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.model import KeyedRequest
from domain.values.preconditions import Precondition


class CopyFile:
    """Create another file on the same blob."""

    errors = (InvalidNameError, InvalidBucketError, NoSuchFileError, NameTakenError, *ADMISSION, OutcomeUnknownError)

    def __init__(self, catalog: Files, idempotent: IdempotentExecutor) -> None:
        self._catalog = catalog
        self._idempotent = idempotent

    async def __call__(
        self, id: UUID, to: Destination, precondition: Precondition, request: KeyedRequest | None = None
    ) -> File:
        """Return the copy, or the one that the same `request` made before.

        Raises what `check_destination` does, and all that `Files.copy_file` and `IdempotentExecutor` do.
        """
        check_destination(to)
        return await self._idempotent(request, File, lambda claim: self._catalog.copy_file(id, to, precondition, claim))


def check_destination(to: Destination) -> Destination:
    """Return `to` if a copy may go there.

    Raises `InvalidInputError` where it names nothing, `InvalidNameError`, `InvalidBucketError`.
    """
    if to.name is None and to.bucket is None:
        raise InvalidInputError("A copy needs another name or another bucket.")
    if to.name is not None:
        check_file_name(to.name)
    if to.bucket is not None:
        check_bucket_name(to.bucket)
    return to
