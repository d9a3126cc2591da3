"""Begin a direct upload, whose bytes the client sends to the blob store itself."""

from domain.access.callers import Caller
from domain.blobs.errors import BlobStoreUnavailableError, DirectAccessUnsupportedError
from domain.blobs.leased_blob import leased_blob
from domain.blobs.ports import BlobRecords, BlobStore, DirectAccess
from domain.buckets.errors import ADMISSION, InvalidBucketError
from domain.direct_uploads.errors import (
    DirectUploadCompletedError,
    DirectUploadEndedError,
    InvalidPartSizeError,
    NoSuchDirectUploadError,
)
from domain.direct_uploads.model import DirectUpload, NewDirectUpload, choose_part_size, part_count
from domain.direct_uploads.ports import DirectUploads
from domain.errors import LeaseLostError, OutcomeUnknownError
from domain.files.access import require_store
from domain.files.content.admission import Admission, check_new_file
from domain.files.errors import InvalidMetadataError, InvalidNameError, InvalidTagsError
from domain.files.model import NewFile
from domain.files.names import check_path_name
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.model import KeyClaim, KeyedRequest
from domain.quotas.model import Room
from domain.quotas.reserve_room import ReserveRoom
from domain.values.errors import InvalidContentTypeError
from domain.values.limits import Limits


class BeginDirectUpload:
    """Open an upload for a file of a known size.

    Its bytes go to a staging blob, which has a row before any client can write to it. The row is leased for as long as
    clients can: for the `life` of the upload, and on top of it for `url_life`, that of the last URL signed for it, both
    in seconds. The reaper removes the staged bytes.
    """

    errors = (
        InvalidNameError,
        InvalidBucketError,
        InvalidContentTypeError,
        InvalidMetadataError,
        InvalidTagsError,
        InvalidPartSizeError,
        DirectAccessUnsupportedError,
        *ADMISSION,
        NoSuchDirectUploadError,
        DirectUploadEndedError,
        DirectUploadCompletedError,
        BlobStoreUnavailableError,
        LeaseLostError,
        OutcomeUnknownError,
    )

    def __init__(
        self,
        *,
        direct_uploads: DirectUploads,
        blob_records: BlobRecords,
        blob_store: BlobStore,
        direct_access: DirectAccess,
        admission: Admission,
        reserve_room: ReserveRoom,
        idempotent: IdempotentExecutor,
        limits: Limits,
    ) -> None:
        self._direct_uploads = direct_uploads
        self._blob_records = blob_records
        self._blob_store = blob_store
        self._direct_access = direct_access
        self._admission = admission
        self._reserve_room = reserve_room
        self._idempotent = idempotent
        self._life = limits.direct_upload_life
        self._lease = limits.direct_upload_life + limits.signed_url_life

    async def __call__(
        self, caller: Caller, new: NewFile, *, part_size: int | None, request: KeyedRequest | None = None
    ) -> DirectUpload:
        """Return the open upload, in parts of `part_size`, if given. It is refused if it could not be completed now.

        The same `request` gets the same upload, as it was opened, for as long as it is in progress. Raises
        `DirectAccessUnsupportedError`, `InvalidPartSizeError`, all that `StoreFile` does before it reads a body, all
        that `IdempotentExecutor` does, and `OutcomeUnknownError`: there may be an upload then, without a client, which
        expires. Of an upload that was opened before, it raises `NoSuchDirectUploadError`, and all that
        `DirectUpload.check_in_progress` does.
        """
        self._direct_access.require()
        new = check_new_file(new)
        check_path_name(new.name)
        require_store(caller, new.bucket, new.name)
        part_size = choose_part_size(new.size or 0, part_size)
        return await self._idempotent(
            request, DirectUpload, lambda claim: self._begin(caller, new, part_size, claim), check=self._check
        )

    async def _check(self, first: DirectUpload) -> None:
        # A URL must not outlive the lease of the blob that it writes to.
        upload = await self._direct_uploads.get_direct_upload(first.id)
        upload.check_in_progress()

    async def _begin(self, caller: Caller, new: NewFile, part_size: int, claim: KeyClaim | None) -> DirectUpload:
        admitted = await self._admission.admit(new)
        await self._blob_store.admit()
        size = new.size or 0
        async with leased_blob(self._blob_records, lease=self._lease) as key:
            if admitted.has_quota:
                await self._reserve_room(key, Room(bucket=new.bucket, name=new.name, size=size))
            in_parts = part_count(size, part_size) > 1
            multipart_id = await self._direct_access.begin_parts(key) if in_parts else None
            opening = NewDirectUpload(
                file=new, part_size=part_size, key=key, multipart_id=multipart_id, owner=caller.owner
            )
            # Where the outcome is unknown, the upload may be open; if it is not, its lease ends.
            return await self._direct_uploads.open_direct_upload(opening, claim, life=self._life, lease=self._lease)
