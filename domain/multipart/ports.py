"""The port of multipart uploads; `tests/contracts` checks its contract."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.access.scopes import Scope
from domain.blobs.model import Blob, BlobPart
from domain.files.model import NewFile, Stored
from domain.multipart.model import MultipartAddress, MultipartUpload, NewMultipartUpload, NewPart, Part, UploadsAfter


class MultipartUploads(Protocol):
    """Keeps multipart uploads and their parts. Times are in seconds, by the catalog's clock.

    An upload's blob, and those of parts that have one of their own, are staged, and leased until the upload expires;
    then the reaper removes them, as any blob. A call for an upload that has expired, was completed or aborted raises
    `NoSuchMultipartUploadError`, where its docstring does not say otherwise.
    """

    async def open_upload(self, new: NewMultipartUpload, *, ttl: float) -> MultipartUpload:
        """Record an upload that lives for `ttl`, and lease its blob for as long.

        Raises `LeaseLostError` where the blob is not staged.
        """
        ...

    async def get_upload(self, address: MultipartAddress) -> MultipartUpload:
        """Return the upload, a completed one too, for as long as it is kept."""
        ...

    async def list_uploads(
        self,
        areas: Sequence[Scope] | None,
        bucket: str,
        *,
        prefix: str = "",
        after: UploadsAfter | None = None,
        limit: int,
    ) -> list[MultipartUpload]:
        """Return up to `limit` of the unfinished uploads to names in the areas, None for all, that begin with `prefix`.

        They are sorted by name, by code point, and then by the time they were begun.
        """
        ...

    async def begin_part(self, id: UUID, number: int, size: int, *, only_equal: bool, makes_room: bool) -> int | None:
        """Begin a part of `size` bytes. Return its offset where it gets its place in the upload, else None.

        A place is given once. With `only_equal` there are places for parts of one size, that of the first part, and
        for smaller ones; without it for all parts, and the offset means nothing. `makes_room` reserves room for all
        parts that have come or begun, as `Quotas.reserve_room` does, and raises its errors.
        """
        ...

    async def give_up_part(self, id: UUID, number: int) -> None:
        """Give the place of a part back that did not come: nothing can write there any more."""
        ...

    async def put_part(self, id: UUID, part: NewPart, *, ttl: float) -> Part:
        """Record the part, in place of a former one of that number, whose blob is condemned where it had its own.

        Lets the upload, and the blobs of its parts, live for about `ttl` from now at least: a tenth may be missing.
        Raises `LeaseLostError` where a blob of its own is not staged, and `MultipartUploadBusyError` where the upload
        is being completed.
        """
        ...

    async def list_parts(self, id: UUID, *, after: int = 0, limit: int) -> list[Part]:
        """Return up to `limit` parts with numbers above `after`, in order; none where there is no such upload."""
        ...

    async def claim_completion(
        self, id: UUID, manifest: str, parts: Sequence[Part], key: str, *, ttl: float
    ) -> MultipartUpload:
        """Claim the completion of the upload with `parts` for the staged blob `key`.

        The claim holds while that blob is staged and leased. From the first claim on the upload takes no parts, and is
        completed with this `manifest` or not at all. The upload lives for `ttl` from now at least. Returns a completed
        upload as it is. Raises `InvalidPartError` where one of `parts` is not there as it is given, or the upload was
        claimed with another manifest, and `MultipartUploadBusyError` while another claim holds.
        """
        ...

    async def commit_upload(
        self, id: UUID, key: str, new: NewFile, blob: Blob, parts: Sequence[BlobPart], *, kept: float
    ) -> Stored:
        """Make the upload a file on its own blob, in one transaction, by the claim for `key`.

        Commits the file as `Files.commit_file` does, keeps its `parts` with its blob, condemns the blobs of parts, and
        keeps the result for `kept`. Idempotent. Raises `LeaseLostError` where another claim has followed, and the
        errors of `commit_file`.
        """
        ...

    async def abort_upload(self, address: MultipartAddress) -> None:
        """Remove an upload that is not completed, also while it is, and condemn its blobs."""
        ...

    async def forget_uploads(self, *, limit: int) -> int:
        """Remove up to `limit` uploads that have expired, and return their number."""
        ...
