"""Complete a direct upload: make a file of the bytes that a client has sent to the blob store itself."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from uuid import UUID

import anyio

from domain.access.callers import Caller
from domain.access.current_rights import CurrentRights, WatchedCaller
from domain.blobs.direct_access import UploadedPart
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError, DirectAccessUnsupportedError
from domain.blobs.model import Blob
from domain.blobs.ports import BlobStore, DirectAccess
from domain.blobs.reservations import Reservation, Reservations
from domain.blobs.running_hash import RunningHash
from domain.buckets.errors import ADMISSION
from domain.direct_uploads.access import require_direct_upload
from domain.direct_uploads.errors import (
    DirectUploadConditionError,
    DirectUploadEndedError,
    IncompleteUploadError,
    NoSuchDirectUploadError,
)
from domain.direct_uploads.model import DirectUpload, Failure
from domain.direct_uploads.ports import DirectUploads
from domain.errors import (
    CatalogUnavailableError,
    FileportError,
    LeaseLostError,
    OutcomeUnknownError,
    PreconditionFailedError,
    UnavailableError,
)
from domain.files.content.commit_retries import retry_unknown_commit
from domain.files.content.detect_type import DetectType
from domain.files.errors import NoSuchFileError
from domain.files.model import Stored
from domain.files.ports import Files
from domain.values.errors import DigestMismatchError

RECORD_SECONDS = 5
_NAMED_PARTS = 5


class CompleteDirectUpload:
    """Copy the staged bytes to a blob that no client can write to, verify the copy, and commit it.

    The steps are those of the write protocol. The reservation of the copy is also the claim on the upload's completion:
    both hold for the same lease, so that a replica that dies midway delays others for no longer than that.
    """

    errors = (
        DirectAccessUnsupportedError,
        NoSuchDirectUploadError,
        DirectUploadEndedError,
        IncompleteUploadError,
        DigestMismatchError,
        NoSuchFileError,
        DirectUploadConditionError,
        *ADMISSION,
        BlobStoreUnavailableError,
        LeaseLostError,
        OutcomeUnknownError,
    )

    def __init__(
        self,
        *,
        direct_uploads: DirectUploads,
        files: Files,
        blob_store: BlobStore,
        direct_access: DirectAccess,
        reservations: Reservations,
        detect_type: DetectType,
        rights: CurrentRights,
    ) -> None:
        self._direct_uploads = direct_uploads
        self._files = files
        self._blob_store = blob_store
        self._direct_access = direct_access
        self._reservations = reservations
        self._detect_type = detect_type
        self._rights = rights

    async def __call__(self, caller: Caller, id: UUID) -> Stored | None:
        """Return the file that the upload has become, now or before; None while another request completes it.

        Raises `DirectAccessUnsupportedError`, `NoSuchDirectUploadError`, `DirectUploadEndedError`, `NoSuchFileError`
        where the file is gone by now; `IncompleteUploadError` where the bytes are not as many as were declared;
        `DigestMismatchError` where they have another digest, which ends the upload; `DirectUploadConditionError`, and
        all else that `Files.commit_file` raises. After any error but `DigestMismatchError` it may be tried again.
        """
        self._direct_access.require()
        watched = self._rights.watch(caller)
        upload = await self._direct_uploads.get_direct_upload(id)
        require_direct_upload(caller, upload)
        if upload.state != "open":
            return await self._result_of(upload)
        await self._blob_store.admit()
        async with self._reservations.holding() as reservation:
            upload = await self._claim(id, reservation)
            if upload.state == "open":
                stored = await self._complete(watched, upload, reservation)
            else:
                stored = None
                await self._reservations.release(reservation, at_once=True)
        if stored is None:
            return await self._result_of(upload)
        # The reaper removes the bytes that the store does not remove now, and those that clients send from now on.
        with suppress(BlobStoreUnavailableError):
            await self._blob_store.delete([upload.key])
        return stored

    async def _result_of(self, upload: DirectUpload) -> Stored | None:
        if upload.file_id is not None:
            file = await self._files.get_file(upload.file_id)
            return Stored(file=file, created=file.revision == 1)
        if upload.state == "completing":
            return None
        raise upload.ended_error()

    async def _claim(self, id: UUID, reservation: Reservation) -> DirectUpload:
        try:
            return await self._direct_uploads.claim_direct_upload(id, reservation.key)
        except OutcomeUnknownError as error:
            # A claim that was made after all ends with the reservation: for certain, the upload is not completed.
            raise CatalogUnavailableError(error.detail) from error

    async def _complete(self, watched: WatchedCaller, upload: DirectUpload, reservation: Reservation) -> Stored:
        try:
            await self._join_parts(upload)
            blob = await self._copy(upload, reservation)
            content_type = (await self._detect_type.by_blob(upload.file, blob)).content_type
            await self._reservations.confirm(reservation)
            require_direct_upload(await watched.now(), upload)
            return await self._commit(upload, blob, content_type)
        except FileportError as error:
            await self._record_failure(upload, reservation, error)
            raise

    async def _commit(self, upload: DirectUpload, blob: Blob, content_type: str) -> Stored:
        commit = partial(self._direct_uploads.commit_direct_upload, upload.id, blob, content_type)
        try:
            return await retry_unknown_commit(commit)
        except PreconditionFailedError as error:
            # The condition is not one of this request, as 412 would say (RFC 9110, section 15.5.13).
            raise DirectUploadConditionError(error.detail) from error

    async def _join_parts(self, upload: DirectUpload) -> None:
        """Have all staged bytes under one key, as many as declared. Raises `IncompleteUploadError`."""
        if upload.multipart_id is not None:
            parts = await self._direct_access.list_parts(upload.key, upload.multipart_id)
            if parts is not None:
                _check_parts(upload, parts)
                await self._direct_access.join_parts(upload.key, upload.multipart_id, parts)
        try:
            size = await self._blob_store.get_size(upload.key)
        except BlobMissingError:
            raise await self._missing_error(upload, "No bytes were sent yet.") from None
        _check_size(upload, size)

    async def _copy(self, upload: DirectUpload, reservation: Reservation) -> Blob:
        try:
            sha256 = await self._direct_access.copy(upload.key, reservation.key, size=upload.size)
        except BlobMissingError:
            raise await self._missing_error(upload, "The bytes that were sent are gone.") from None
        # Clients with a URL may have sent other bytes meanwhile: only the copy cannot change any more.
        _check_size(upload, await self._blob_store.get_size(reservation.key))
        if sha256 is None:
            blob = (await self._hash(reservation)).blob(reservation.key)
        else:
            # No store computes a second checksum: an archive that needs the CRC-32 reads the bytes for it.
            blob = Blob(key=reservation.key, size=upload.size, sha256=sha256)
        for digest in upload.file.digests:
            digest.check(bytes.fromhex(blob.sha256))
        return blob

    async def _missing_error(self, upload: DirectUpload, detail: str) -> FileportError:
        # An abort of the upload removes its bytes.
        now = await self._direct_uploads.get_direct_upload(upload.id)
        return now.ended_error() if now.state == "aborted" else IncompleteUploadError(detail)

    async def _hash(self, reservation: Reservation) -> RunningHash:
        hash_ = RunningHash()
        async with self._blob_store.open(reservation.key) as chunks:
            async for chunk in chunks:
                hash_.update(chunk)
                reservation.check()
        return hash_

    async def _record_failure(self, upload: DirectUpload, reservation: Reservation, error: FileportError) -> None:
        # For clients that did not wait for the outcome. It precedes the end of the claim, which lets others try.
        failure = Failure(code=error.code, detail=error.detail)
        with anyio.move_on_after(RECORD_SECONDS, shield=True), suppress(UnavailableError):
            await self._direct_uploads.fail_direct_upload(
                upload.id, reservation.key, failure, ended=isinstance(error, DigestMismatchError)
            )


def _check_parts(upload: DirectUpload, parts: Sequence[UploadedPart]) -> None:
    sizes = {part.number: part.size for part in parts}
    numbers = range(1, upload.part_count + 1)
    wrong = [str(number) for number in numbers if sizes.get(number) != upload.size_of_part(number)]
    wrong += [str(number) for number in sizes if number > upload.part_count]
    if wrong:
        named = ", ".join(wrong[:_NAMED_PARTS]) + (" and others" if len(wrong) > _NAMED_PARTS else "")
        raise IncompleteUploadError(f"Parts are missing, or of another size than was declared: {named}.")


def _check_size(upload: DirectUpload, size: int) -> None:
    if size != upload.size:
        raise IncompleteUploadError(f"{size} bytes were sent, not the {upload.size} declared.")
