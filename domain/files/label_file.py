"""Label a file: give it the tags of the S3 protocol."""

from msgspec.structs import replace

from domain.access.callers import Caller
from domain.errors import OutcomeUnknownError
from domain.files.access import require_change
from domain.files.addresses import check_address
from domain.files.attributes import NO_ATTRIBUTES
from domain.files.errors import NoSuchFileError
from domain.files.model import Destination, File, Location
from domain.files.ports import Files


class LabelFile:
    """Replace all labels of one file."""

    errors = (NoSuchFileError, OutcomeUnknownError)

    def __init__(self, files: Files) -> None:
        self._files = files

    async def admit(self, caller: Caller, at: Location) -> File:
        """Return the file as it is, if the caller may label it.

        Raises `InvalidBucketError`, `InvalidNameError`, and as `require_change` for the right to write.
        """
        check_address(at)
        file, _ = await self._files.get_file_with_policy(at)
        require_change(caller, file, Destination())
        return file

    async def __call__(self, caller: Caller, at: Location, labels: dict[str, str]) -> File:
        """Return the file with these labels and no others. Raises as `admit`."""
        while True:
            file = await self.admit(caller, at)
            labelled = replace(file, attributes=replace(file.attributes or NO_ATTRIBUTES, labels=labels))
            if changed := await self._files.change_file(labelled):
                return changed
