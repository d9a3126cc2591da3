"""The ports of resumable uploads; `tests/contracts` checks their contracts."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.access.callers import Caller
from domain.access.visibility import Visibility
from domain.blobs.model import Blob
from domain.blobs.partials import Progress
from domain.files.model import NewFile, Stored
from domain.idempotency.model import KeyClaim
from domain.uploads.model import LockedUpload, NewUpload, Upload


class Uploads(Protocol):
    """Keeps resumable uploads. Times are in seconds, by the catalog's clock.

    An upload's blob is staged, and leased until the upload expires; then the reaper removes it, as any blob. Finished
    uploads are kept until they expire, too. `epoch` is that of the lock that the caller holds, see `UploadLocks`: a
    call with one raises `LeaseLostError` where the lock was acquired again since, or the blob was given up.
    """

    async def create_upload(
        self, new: NewUpload, claim: KeyClaim | None = None, *, id: UUID, blob_key: str, ttl: float
    ) -> Upload:
        """Record the upload, and its blob as staged, both for `ttl`. Durable when it returns. Finishes the `claim`.

        Reserves its room for the blob, and raises what `Quotas.reserve_room` does.
        """
        ...

    async def get_upload(self, caller: Caller, id: UUID) -> Upload:
        """Return the upload.

        Raises `NoSuchUploadError`, also where `require_upload` does, whether it has expired or not;
        `UploadExpiredError`.
        """
        ...

    async def get_uploads(self, ids: Sequence[UUID]) -> dict[UUID, Upload]:
        """Return those of the uploads that exist and have not expired, by id."""
        ...

    async def list_uploads(
        self, visibility: Visibility, *, bucket: str | None, after: UUID | None, limit: int
    ) -> list[Upload]:
        """Return up to `limit` of the unfinished uploads that are shown, with ids after `after`, sorted by id.

        Only those to `bucket`, where it is given.
        """
        ...

    async def list_unfinished_finals(self, part: UUID) -> list[UUID]:
        """Return the unfinished final uploads that the part belongs to."""
        ...

    async def save_progress(self, id: UUID, epoch: int, progress: Progress, *, lease: float, ttl: float) -> None:
        """Record the progress of the bytes, and extend the lock by `lease` and the upload's life by `ttl` from now."""
        ...

    async def set_length(self, id: UUID, epoch: int, length: int) -> None:
        """Record the length, which was not known."""
        ...

    async def finish_part(self, id: UUID, epoch: int) -> None:
        """Record that a partial upload's bytes are complete under its key, and release the lock."""
        ...

    async def finish_upload(self, id: UUID, epoch: int, new: NewFile, blob: Blob, *, kept: float) -> Stored:
        """Commit the file, as `Files.commit_file` does, record its id, and release the lock, all in one transaction.

        The upload is kept for `kept`, its parts no longer than that. Its own blob is condemned where `blob` is
        an inline one in place of it. Idempotent. Raises the errors of `commit_file`.
        """
        ...

    async def end_upload(self, id: UUID, epoch: int, *, at_once: bool) -> None:
        """Remove the upload and condemn its blob, unless that is live. `at_once` as in `BlobRecords.release_blobs`."""
        ...

    async def forget_uploads(self, *, kept: float, limit: int) -> int:
        """Remove up to `limit` uploads that expired at least `kept` ago, and return their number."""
        ...


class UploadLocks(Protocol):
    """Locks resumable uploads, each for one request at a time. Times are in seconds, by the catalog's clock.

    Each acquisition of a lock has an epoch higher than all before it. A lock ends with its lease, whatever becomes of
    its holder. Calls with an `epoch` raise `LeaseLostError` where the lock was acquired again since.
    """

    async def acquire_lock(self, id: UUID, *, lease: float, ttl: float) -> LockedUpload | None:
        """Lock the upload for `lease`, and let it, and the parts of a final one, live for `ttl` from now at least.

        Returns None while another request holds the lock. Raises `NoSuchUploadError`, `UploadExpiredError`.
        """
        ...

    async def request_release(self, id: UUID) -> None:
        """Tell the holder that another request waits for the lock."""
        ...

    async def is_release_requested(self, id: UUID, epoch: int) -> bool:
        """Tell the holder whether another request waits for the lock."""
        ...

    async def renew_lock(self, id: UUID, epoch: int, *, lease: float) -> None:
        """Extend the lock to `lease` from now, which refuses the requests that wait for it."""
        ...

    async def release_lock(self, id: UUID, epoch: int) -> None:
        """Release the lock, if it is not lost. The caller promises that none of its work goes on."""
        ...
