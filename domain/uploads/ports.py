"""The port of resumable uploads: a part of the catalog, see `domain.ports`."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.blobs.model import Blob
from domain.blobs.partials import Progress
from domain.files.model import NewFile, Stored
from domain.idempotency.model import KeyClaim
from domain.uploads.model import LockedUpload, NewUpload, Upload


class Uploads(Protocol):
    """The part of the catalog that keeps resumable uploads. Times in seconds, by the catalog's clock.

    An upload's blob is staged, leased until the upload expires; what becomes of one that expires is the reaper's, as
    of any blob. Finished uploads are kept until they expire, too. Calls with an `epoch` raise `LeaseLostError` where
    another hold has come since, or the blob was given up.
    """

    async def create_upload(
        self, new: NewUpload, claim: KeyClaim | None = None, *, id: UUID, blob_key: str, ttl: float
    ) -> Upload:
        """Record the upload, and its blob as staged, both for `ttl`. Durable when it returns. Finishes the claim."""
        ...

    async def get_upload(self, id: UUID) -> Upload:
        """Return the upload. Raises `NoSuchUploadError`, `UploadExpiredError`."""
        ...

    async def get_uploads(self, ids: Sequence[UUID]) -> dict[UUID, Upload]:
        """Return those of the uploads that exist and have not expired, by id."""
        ...

    async def list_uploads(self, *, bucket: str | None, after: UUID | None, limit: int) -> list[Upload]:
        """Return up to `limit` uploads that are not finished, with ids that come after `after`, sorted by id.

        Those to `bucket` only, where one is named.
        """
        ...

    async def list_unfinished_finals(self, part: UUID) -> list[UUID]:
        """Return the final uploads that the part belongs to and that are not finished."""
        ...

    async def acquire_lock(self, id: UUID, *, lease: float, ttl: float) -> LockedUpload | None:
        """Hold the upload for `lease`, and let it, and the parts of a final one, live for `ttl` from now at least.

        None where somebody else's hold lasts. Raises `NoSuchUploadError`, `UploadExpiredError`.
        """
        ...

    async def request_release(self, id: UUID) -> None:
        """Tell the holder that somebody waits."""
        ...

    async def is_release_requested(self, id: UUID, epoch: int) -> bool:
        """Tell the holder whether somebody waits."""
        ...

    async def renew_lock(self, id: UUID, epoch: int, *, lease: float) -> None:
        """Prolong the hold to `lease` from now; who waits for it is refused."""
        ...

    async def save_progress(self, id: UUID, epoch: int, progress: Progress, *, lease: float, ttl: float) -> None:
        """Record how far the bytes are, and prolong the hold and the upload's life."""
        ...

    async def set_length(self, id: UUID, epoch: int, length: int) -> None:
        """Record the length, which was not known."""
        ...

    async def release_lock(self, id: UUID, epoch: int) -> None:
        """End the hold, if it is not lost: nothing of it is at work any more."""
        ...

    async def finish_part(self, id: UUID, epoch: int) -> None:
        """Record that a partial upload's bytes are complete under its key, and end the hold."""
        ...

    async def finish_upload(self, id: UUID, epoch: int, new: NewFile, blob: Blob, *, kept: float) -> Stored:
        """Commit the file, as `Files.commit_file` does, record its id, and end the hold, all in one transaction.

        The upload is kept for `kept`, its parts for that at most. Idempotent, and raises what `commit_file` does.
        """
        ...

    async def end_upload(self, id: UUID, epoch: int, *, at_once: bool) -> None:
        """Remove the upload and condemn its blob, unless that is live. `at_once` is as for `Blobs.release_blobs`."""
        ...

    async def forget_uploads(self, *, kept: float, limit: int) -> int:
        """Remove up to `limit` uploads that expired `kept` ago or longer, and return how many there were."""
        ...
