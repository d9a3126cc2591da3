"""Begin a multipart upload."""

from domain.access.callers import Caller
from domain.blobs.leased_blob import leased_blob
from domain.blobs.ports import BlobRecords, BlobStore, PartBlobs
from domain.files.access import require_store
from domain.files.content.admission import Admission, check_new_file
from domain.files.model import NewFile
from domain.multipart.model import MultipartUpload, NewMultipartUpload, PartChecksums
from domain.multipart.ports import MultipartUploads
from domain.values.limits import Limits


class BeginMultipartUpload:
    """Begin one upload, which lives for `upload_ttl` after the last part of it."""

    def __init__(
        self,
        *,
        multipart_uploads: MultipartUploads,
        blob_records: BlobRecords,
        blob_store: BlobStore,
        part_blobs: PartBlobs,
        admission: Admission,
        limits: Limits,
    ) -> None:
        self._multipart_uploads = multipart_uploads
        self._blob_records = blob_records
        self._blob_store = blob_store
        self._part_blobs = part_blobs
        self._admission = admission
        self._ttl = limits.upload_ttl
        self._lease = limits.staged_lease

    async def __call__(self, caller: Caller, new: NewFile, checksums: PartChecksums | None = None) -> MultipartUpload:
        """Return the upload, whose parts have `checksums`, where they are asked for.

        It is refused if it could not be completed now. Raises all that `check_new_file`, `require_store` and
        `Admission.admit` do, `BlobStoreUnavailableError`, and `OutcomeUnknownError`: there may be an upload then,
        without a client, which expires.
        """
        new = check_new_file(new)
        require_store(caller, new.bucket, new.name)
        await self._admission.admit(new)
        await self._blob_store.admit()
        # For as long as the store takes; the upload's own lease begins with it.
        async with leased_blob(self._blob_records, lease=self._lease) as key:
            state = await self._part_blobs.begin(key)
            upload = NewMultipartUpload(file=new, owner=caller.owner, key=key, store_state=state, checksums=checksums)
            return await self._multipart_uploads.open_upload(upload, ttl=self._ttl)
