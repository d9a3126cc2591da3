"""Direct uploads, whose bytes clients send to the blob store themselves, and their states on the way to a file."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from domain.direct_uploads.errors import DirectUploadCompletedError, DirectUploadEndedError, InvalidPartSizeError
from domain.files.model import NewFile

MIB = 1024**2
# S3's own limits.
MIN_PART_SIZE = 5 * MIB
MAX_PART_SIZE = 5 * 1024 * MIB
MAX_PARTS = 10_000
_USUAL_PART_SIZE = 64 * MIB

# The bytes of an `open` upload are awaited; those of a `completing` one are being copied and verified; those of a
# `failed` one were not as declared.
State = Literal["open", "completing", "completed", "failed", "aborted", "expired"]
_ENDED = {
    "expired": "The upload has expired.",
    "aborted": "The upload was aborted.",
    "failed": "The upload's bytes were not what was declared.",
}


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why the last try to complete an upload came to nothing, as the error's `code` and `detail`."""

    code: str
    detail: str


class NewDirectUpload(msgspec.Struct, frozen=True, kw_only=True):
    """An upload to open: the file that it becomes, and the blob that awaits its bytes.

    `file.size` is known. `key` names a staged blob that clients can write to, so that no file ever points at it.
    `multipart_id` is the store's name for an upload in parts, None where the bytes are sent whole.
    """

    file: NewFile
    part_size: int
    key: str
    multipart_id: str | None
    owner: str = "root"


class DirectUpload(msgspec.Struct, frozen=True, kw_only=True):
    """An upload as it is at one moment. `file_id` is the file that a completed one has become."""

    id: UUID
    file: NewFile
    size: int
    part_size: int
    key: str
    multipart_id: str | None
    state: State
    file_id: UUID | None
    failure: Failure | None
    created_at: datetime
    expires_at: datetime
    # Uploads of former releases are the root's.
    owner: str = "root"

    @property
    def part_count(self) -> int:
        """The number of parts, at least 1."""
        return part_count(self.size, self.part_size)

    def size_of_part(self, number: int) -> int:
        """Return the size of a part, numbered from 1."""
        return min(self.part_size, self.size - (number - 1) * self.part_size)

    def check_in_progress(self) -> None:
        """Return where more bytes are still of use. Raises `DirectUploadEndedError`, `DirectUploadCompletedError`."""
        if self.state == "completed":
            raise DirectUploadCompletedError("The upload has become a file already.")
        if self.state not in {"open", "completing"}:
            raise self.ended_error()

    def ended_error(self) -> DirectUploadEndedError:
        """Return the error for an upload that has ended without a file."""
        return DirectUploadEndedError(_ENDED[self.state])


def part_count(size: int, part_size: int) -> int:
    """Return the number of parts of `size` bytes; an empty file is one part."""
    return max(1, -(-size // part_size))


def choose_part_size(size: int, wanted: int | None) -> int:
    """Return the size of an upload's parts: `wanted`, else 64 MiB, or more where the number of parts requires it.

    Raises `InvalidPartSizeError`.
    """
    least = -(-size // MAX_PARTS)
    if wanted is None:
        return max(_USUAL_PART_SIZE, -(-least // MIB) * MIB)
    if not max(MIN_PART_SIZE, least) <= wanted <= MAX_PART_SIZE:
        raise InvalidPartSizeError(
            f"part_size is a whole number from {max(MIN_PART_SIZE, least)} to {MAX_PART_SIZE} for {size} bytes."
        )
    return wanted
