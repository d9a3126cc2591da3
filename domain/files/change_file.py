"""Change a file's record; its bytes are never touched."""

from uuid import UUID

from domain.access.callers import Caller
from domain.buckets.errors import ADMISSION, InvalidBucketError
from domain.errors import OutcomeUnknownError
from domain.files.access import require_change
from domain.files.errors import (
    InvalidExpiryError,
    InvalidMetadataError,
    InvalidNameError,
    InvalidTagsError,
    NameTakenError,
    NoSuchFileError,
)
from domain.files.model import File
from domain.files.patches import FilePatch, apply_patch
from domain.files.ports import Files
from domain.values.errors import InvalidContentTypeError, InvalidTimeError
from domain.values.preconditions import Precondition


class ChangeFile:
    """Rename, move, retype or annotate a file."""

    errors = (
        InvalidNameError,
        InvalidBucketError,
        InvalidContentTypeError,
        InvalidMetadataError,
        InvalidTagsError,
        InvalidTimeError,
        InvalidExpiryError,
        NoSuchFileError,
        NameTakenError,
        *ADMISSION,
        OutcomeUnknownError,
    )

    def __init__(self, files: Files) -> None:
        self._files = files

    async def __call__(self, caller: Caller, id: UUID, patch: FilePatch, precondition: Precondition) -> File:
        """Apply `patch` to the file's current revision and return the next one.

        A change by another request in between is never overwritten: the patch is applied again to its result, if
        `precondition` still holds. Raises as `require_change`, `PreconditionFailedError`, the `Invalid…Error` of a
        field that is invalid, and all that `Files.change_file` raises.
        """
        while True:
            file = await self._files.get_file(id)
            require_change(caller, file, patch.destination)
            precondition.check(file)
            if changed := await self._files.change_file(apply_patch(patch, file)):
                return changed
