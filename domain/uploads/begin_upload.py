"""Begin a resumable upload."""

from collections.abc import AsyncIterable
from contextlib import suppress
from uuid import UUID

from msgspec.structs import replace

from domain.access.callers import Caller
from domain.blobs.model import new_blob_key
from domain.buckets.errors import InvalidBucketError
from domain.errors import CatalogUnavailableError, FileportError, OutcomeUnknownError
from domain.files.access import require_store
from domain.files.content.admission import Admission, check_new_file
from domain.files.errors import InvalidMetadataError, InvalidNameError, InvalidTagsError
from domain.files.names import check_path_name
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.model import KeyClaim, KeyedRequest
from domain.uploads.access import is_shown
from domain.uploads.append_to_upload import BYTES_ERRORS, Addition, AppendToUpload
from domain.uploads.end_upload import EndUpload
from domain.uploads.errors import InvalidUploadError
from domain.uploads.find_upload import FindUpload
from domain.uploads.model import MAX_PARTS, NewUpload, Upload, room_for
from domain.uploads.ports import Uploads
from domain.uploads.upload_lock import LockUpload
from domain.values.errors import InvalidContentTypeError
from domain.values.ids import new_id
from domain.values.limits import Limits


class BeginUpload:
    """Begin one upload, which lives for `upload_ttl` after the last work on it."""

    errors = (
        InvalidNameError,
        InvalidBucketError,
        InvalidContentTypeError,
        InvalidMetadataError,
        InvalidTagsError,
        *LockUpload.errors,
        *BYTES_ERRORS,
    )

    def __init__(
        self,
        *,
        uploads: Uploads,
        admission: Admission,
        append: AppendToUpload,
        find: FindUpload,
        end: EndUpload,
        idempotent: IdempotentExecutor,
        limits: Limits,
    ) -> None:
        self._uploads = uploads
        self._admission = admission
        self._append = append
        self._find = find
        self._end = end
        self._idempotent = idempotent
        self._ttl = limits.upload_ttl

    async def __call__(
        self,
        caller: Caller,
        new: NewUpload,
        first: Addition | None = None,
        body: AsyncIterable[bytes] | None = None,
        request: KeyedRequest | None = None,
    ) -> Upload:
        """Return the upload: finished where all its bytes came along, its length is 0, or all its parts are complete.

        `body` holds its first bytes. A file without a name is named by the upload's id. The same `request` gets the
        same upload in its present state, and its body is left unread. An error leaves no upload behind, except
        `OutcomeUnknownError`, and except where a repeated `request` can find the upload. Raises all that
        `check_new_file`, `check_path_name`, `Admission`, `IdempotentExecutor`, `AppendToUpload` and `FindUpload` do,
        and `InvalidUploadError` for parts that are not partial uploads.
        """
        id_ = new_id()
        new = self._checked(caller, new, id_)
        upload = await self._idempotent(
            request, Upload, lambda claim: self._create(caller, new, claim, id=id_, has_body=body is not None)
        )
        is_repeat = upload.id != id_
        try:
            if first is not None and body is not None and not is_repeat:
                return await self._append(caller, id_, first, body)
            is_ready = upload.kind == "final" or upload.length == 0
            return await self._find(caller, upload.id) if is_repeat or is_ready else upload
        except OutcomeUnknownError:
            raise  # the upload may be a file by now
        except FileportError:
            if request is None:
                with suppress(FileportError):
                    await self._end(caller, id_)
            raise

    def _checked(self, caller: Caller, new: NewUpload, id: UUID) -> NewUpload:
        if new.target is None:
            return replace(new, owner=caller.owner)
        target = check_new_file(replace(new.target, name=new.target.name or str(id)))
        check_path_name(target.name)
        require_store(caller, target.bucket, target.name)
        return replace(new, target=target, owner=caller.owner)

    async def _create(
        self, caller: Caller, new: NewUpload, claim: KeyClaim | None, *, id: UUID, has_body: bool
    ) -> Upload:
        if new.kind == "final":
            if has_body:
                raise InvalidUploadError("A final upload takes no bytes: it is put together from its parts.")
            length = await self._length_of_parts(caller, new)
            new = replace(new, length=None)
        else:
            length = new.length
        admitted = await self._admission.admit_upload(new.target, length)
        if new.target is not None and admitted.has_quota:
            new = replace(new, room=room_for(new.target, length or 0))
        try:
            return await self._uploads.create_upload(new, claim, id=id, blob_key=new_blob_key(), ttl=self._ttl)
        except OutcomeUnknownError as error:
            if claim is not None:
                raise  # a repeat of the request finds out
            # No caller has its id, and it expires: for certain, the caller has no upload.
            raise CatalogUnavailableError(error.detail) from error

    async def _length_of_parts(self, caller: Caller, new: NewUpload) -> int | None:
        if not 1 <= len(new.parts) <= MAX_PARTS:
            raise InvalidUploadError(f"A final upload has 1 to {MAX_PARTS} parts.")
        if new.length is not None:
            raise InvalidUploadError("A final upload has the length of its parts: Upload-Length is left out.")
        found = await self._uploads.get_uploads(new.parts)
        for each in new.parts:
            if each not in found or found[each].kind != "partial" or not is_shown(caller, found[each]):
                raise InvalidUploadError(f"There is no partial upload {each}.")
        lengths = [found[each].length for each in new.parts]
        known = [each for each in lengths if each is not None]
        return sum(known) if len(known) == len(lengths) else None
