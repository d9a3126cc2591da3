"""Change a file's record; its bytes are never touched."""

from uuid import UUID

from domain.model.files import File
from domain.model.patches import FilePatch, apply_patch
from domain.model.preconditions import Precondition
from domain.ports import Files


class ChangeFile:
    """Rename, move, retype or annotate a file."""

    def __init__(self, catalog: Files) -> None:
        self._catalog = catalog

    async def __call__(self, id: UUID, patch: FilePatch, precondition: Precondition) -> File:
        """Apply `patch` to the file's current revision and return the next one.

        A change by somebody else in between is never overwritten: the patch is applied again to what they left,
        if `precondition` still holds. Raises `NoSuchFileError`, `PreconditionFailedError`, the `Invalid…Error` of
        the field that is wrong, and all that `Files.change_file` raises.
        """
        while True:
            file = await self._catalog.file(id)
            precondition.check(file)
            if changed := await self._catalog.change_file(apply_patch(patch, file)):
                return changed
