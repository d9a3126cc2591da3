"""The ports of direct uploads; `tests/contracts` checks their contracts."""

from typing import Protocol
from uuid import UUID

from domain.blobs.model import Blob
from domain.direct_uploads.model import DirectUpload, Failure, NewDirectUpload
from domain.files.model import Stored
from domain.idempotency.model import KeyClaim


class DirectUploads(Protocol):
    """The part of the catalog that keeps direct uploads. All time is the catalog's clock, in seconds.

    An upload is kept for as long as its staging blob is on record: until its lease and its grace are over and its
    bytes are gone.
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

    async def list_direct_uploads(self, *, after: UUID | None, limit: int) -> list[DirectUpload]:
        """Return up to `limit` uploads that are open or completing, those after `after`, in the order of their ids."""
        ...

    async def claim_direct_upload(self, id: UUID, key: str) -> DirectUpload:
        """Claim the completion of an open upload for the staged blob `key`, and forget its last failure.

        The claim holds while that blob is staged and leased: until then, the upload is completing. Returns the upload
        as it was before, so it is claimed if that was open. Raises `NoSuchDirectUploadError`.
        """
        ...

    async def commit_direct_upload(self, id: UUID, blob: Blob) -> Stored:
        """Make the upload a file on the blob that it was claimed for, in one transaction.

        The file is committed as `commit_file` commits it, as declared when the upload was opened, and the upload is
        completed. It may have expired since it was claimed. Idempotent, as `commit_file` is. Raises
        `NoSuchDirectUploadError`, `DirectUploadEndedError`, `LeaseLostError` where the claim is another's, and all that
        `commit_file` does.
        """
        ...

    async def fail_direct_upload(self, id: UUID, key: str, failure: Failure, *, ended: bool) -> None:
        """Record why the completion that was claimed for `key` failed; `ended` has the upload fail for good.

        Nothing happens where the claim is another's by now, or the upload not open.
        """
        ...

    async def abort_direct_upload(self, id: UUID) -> DirectUpload:
        """Have an upload that is open or completing become no file, and return it as it was before.

        Raises `NoSuchDirectUploadError`.
        """
        ...
