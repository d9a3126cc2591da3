"""The port of direct uploads; `tests/contracts` checks its contract."""

from typing import Protocol
from uuid import UUID

from domain.access.visibility import Visibility
from domain.blobs.model import Blob
from domain.direct_uploads.model import DirectUpload, Failure, NewDirectUpload
from domain.files.model import Stored
from domain.idempotency.model import KeyClaim


class DirectUploads(Protocol):
    """Keeps direct uploads. Times are in seconds, by the catalog's clock.

    An upload is kept for as long as its staging blob has a record: until its lease and its grace period are over and
    its bytes are gone.
    """

    async def open_direct_upload(
        self, new: NewDirectUpload, claim: KeyClaim | None = None, *, life: float, lease: float
    ) -> DirectUpload:
        """Record an upload that stays open for `life`, and lease its staged blob for `lease` from now.

        Finishes the `claim`, see `IdempotencyKeys`. Raises `LeaseLostError` where the blob is not staged.
        """
        ...

    async def get_direct_upload(self, id: UUID) -> DirectUpload:
        """Return the upload. Raises `NoSuchDirectUploadError`."""
        ...

    async def list_direct_uploads(
        self, visibility: Visibility, *, after: UUID | None, limit: int
    ) -> list[DirectUpload]:
        """Return up to `limit` of the uploads that are shown, and open or completing, with ids after `after`, by id."""
        ...

    async def claim_direct_upload(self, id: UUID, key: str) -> DirectUpload:
        """Claim the completion of an open upload for the staged blob `key`, and forget its last failure.

        The claim holds while that blob is staged and leased: until then, the upload is completing. Returns the upload
        as it was before: the claim was made if its state is `open`. Raises `NoSuchDirectUploadError`.
        """
        ...

    async def commit_direct_upload(self, id: UUID, blob: Blob, content_type: str | None = None) -> Stored:
        """Make the upload a file on the blob that it was claimed for, in one transaction.

        Commits the file as `Files.commit_file` does, as declared when the upload was opened, or with the
        `content_type` that is given, and completes the upload, which may have expired since it was claimed.
        Idempotent, as `commit_file` is. Raises `NoSuchDirectUploadError`, `DirectUploadEndedError`, `LeaseLostError`
        where another claim has followed, and the errors of `commit_file`.
        """
        ...

    async def fail_direct_upload(self, id: UUID, key: str, failure: Failure, *, ended: bool) -> None:
        """Record why the completion that was claimed for `key` failed; with `ended` the upload fails for good.

        Does nothing where another claim has followed, or the upload is not open.
        """
        ...

    async def abort_direct_upload(self, id: UUID) -> DirectUpload:
        """Abort an upload that is open or completing, so that it becomes no file. Return it as it was before.

        Raises `NoSuchDirectUploadError`.
        """
        ...
