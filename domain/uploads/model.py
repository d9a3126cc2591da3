"""Resumable uploads: sessions that end as a file, or as a part of one."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from domain.blobs.partials import Progress
from domain.files.model import NewFile
from domain.quotas.model import Room
from domain.uploads.errors import FinalUploadError, OffsetMismatchError, UploadTooLongError

MAX_PARTS = 1000

# A partial upload does not become a file of its own; a final one is put together from partial ones.
UploadKind = Literal["whole", "partial", "final"]
# `left` by a holder that died: its lease has ended, but it may have left bytes.
LockState = Literal["free", "held", "left"]


class NewUpload(msgspec.Struct, frozen=True, kw_only=True):
    """An upload to begin. `length`, in bytes, is None while it is not known.

    `target` is the file that the upload becomes, None for a partial one; `room` is reserved for it where its bucket has
    a quota. `given` is its metadata, and `concat` its part in a concatenation, as they were sent. `owner` is the
    `Caller.owner` who begins it.
    """

    kind: UploadKind = "whole"
    target: NewFile | None = None
    length: int | None = None
    given: str = ""
    concat: str = ""
    parts: tuple[UUID, ...] = ()
    owner: str = "root"
    room: Room | None = None


# Uploads are kept as results of idempotency keys, by former releases too, in which the field had another name.
class Upload(msgspec.Struct, frozen=True, kw_only=True, rename={"lock_state": "hold"}):
    """A resumable upload. Its bytes are under `blob_key`, which is never shown.

    `progress` is None before anything was stored. `file_id` is that of the file it became. `is_release_requested` says
    that a request waits for the lock, and that the holder has made no progress since.
    """

    id: UUID
    kind: UploadKind
    target: NewFile | None
    length: int | None
    given: str
    parts: tuple[UUID, ...]
    blob_key: str
    progress: Progress | None
    is_finished: bool
    file_id: UUID | None
    lock_state: LockState
    is_release_requested: bool
    created_at: datetime
    expires_at: datetime
    # Empty for uploads of former releases.
    concat: str = ""
    # Uploads of former releases are the root's.
    owner: str = "root"

    @property
    def size(self) -> int:
        """How many bytes are durable."""
        if self.is_finished and self.length is not None:
            return self.length
        return 0 if self.progress is None else self.progress.size

    @property
    def is_whole(self) -> bool:
        """Whether all bytes are there, so that only the finish is missing. Never known of a final upload itself."""
        return self.kind != "final" and self.length is not None and self.size == self.length

    @property
    def has_definite_offset(self) -> bool:
        """Whether its offset can be answered: no request works on it, and it is finished if all its bytes are there."""
        return self.is_finished or (self.lock_state == "free" and not self.is_whole)

    def admit(self, *, offset: int, size: int | None) -> None:
        """Raise unless `size` bytes may be added at `offset`. A `size` of None is not known beforehand.

        Raises `FinalUploadError`, `OffsetMismatchError`, `UploadTooLongError`.
        """
        if self.kind == "final":
            raise FinalUploadError("A final upload takes no bytes: it is put together from its parts.")
        if offset != self.size:
            raise OffsetMismatchError(f"The upload has {self.size} bytes; these begin at {offset}.", offset=self.size)
        if self.length is not None and size is not None and offset + size > self.length:
            raise UploadTooLongError(f"The upload has a length of {self.length} bytes, of which {offset} are there.")


def room_for(target: NewFile, size: int) -> Room:
    """Return the room that the file takes with `size` bytes."""
    return Room(bucket=target.bucket, name=target.name, size=size)


class LockedUpload(msgspec.Struct, frozen=True, kw_only=True):
    """An upload whose lock one request has acquired: no other request changes it while the lock's lease lasts.

    `epoch` fences it: a later lock has a higher one. `is_inherited` says that the lock before it was never released, so
    that its holder may still write.
    """

    upload: Upload
    epoch: int
    is_inherited: bool
