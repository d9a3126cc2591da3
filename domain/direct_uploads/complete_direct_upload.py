"""Make a file of the bytes that a client has sent to the blob store itself."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from uuid import UUID

import anyio

from domain.blobs.direct_access import UploadedPart
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError, DirectAccessUnsupportedError
from domain.blobs.model import Blob
from domain.blobs.ports import BlobStore, DirectAccess
from domain.blobs.reservations import Reservation, Reservations
from domain.buckets.errors import ADMISSION
from domain.catalog import Catalog
from domain.direct_uploads.errors import (
    DirectUploadConditionError,
    DirectUploadEndedError,
    IncompleteUploadError,
    NoSuchDirectUploadError,
)
from domain.direct_uploads.model import DirectUpload, Failure
from domain.errors import (
    CatalogUnavailableError,
    FileportError,
    LeaseLostError,
    OutcomeUnknownError,
    PreconditionFailedError,
    UnavailableError,
)
from domain.files.content.commit_retries import retry_unknown_commit
from domain.files.errors import NoSuchFileError
from domain.files.model import Stored
from domain.values.errors import DigestMismatchError

TELL_SECONDS = 5
_NAMED_PARTS = 5


class CompleteDirectUpload:
    """Take the staged bytes in: copy them to a blob that nobody else can write to, verify the copy, commit it.

    The steps are those of the write protocol. The claim on an upload's completion is its reservation: it holds as long
    as that does, and ends with it, so that a replica that dies amid it keeps nobody for longer than a lease.
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

    def __init__(self, catalog: Catalog, blobs: BlobStore, direct: DirectAccess, reservations: Reservations) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._direct = direct
        self._reservations = reservations

    async def __call__(self, id: UUID) -> Stored | None:
        """Return the file that the upload has become, now or before; None where somebody else is at it.

        Raises `DirectAccessUnsupportedError`, `NoSuchDirectUploadError`, `DirectUploadEndedError`, `NoSuchFileError`
        where the file is gone by now; `IncompleteUploadError` where the bytes are not those that were declared by
        their number, and `DigestMismatchError` where they are not by their SHA-256, which ends the upload;
        `DirectUploadConditionError`, and all else that `Catalog.commit_file` raises. After any other error than
        `DigestMismatchError` it may be tried again.
        """
        self._direct.require()
        upload = await self._catalog.get_direct_upload(id)
        if upload.state != "open":
            return await self._found(upload)
        await self._blobs.admit()
        async with self._reservations.holding() as reservation:
            upload = await self._claim(id, reservation)
            if upload.state == "open":
                stored = await self._complete(upload, reservation)
            else:
                stored = None
                await self._reservations.release(reservation, at_once=True)
        if stored is None:
            return await self._found(upload)
        # What the store does not do now is the reaper's, as is what is sent there from now on.
        with suppress(BlobStoreUnavailableError):
            await self._blobs.delete([upload.key])
        return stored

    async def _found(self, upload: DirectUpload) -> Stored | None:
        if upload.file_id is not None:
            file = await self._catalog.get_file(upload.file_id)
            return Stored(file=file, created=file.revision == 1)
        if upload.state == "completing":
            return None
        raise upload.ended_error()

    async def _claim(self, id: UUID, reservation: Reservation) -> DirectUpload:
        try:
            return await self._catalog.claim_direct_upload(id, reservation.key)
        except OutcomeUnknownError as error:
            # A claim that was made ends with the reservation: what the caller wanted has not happened, for certain.
            raise CatalogUnavailableError(error.detail) from error

    async def _complete(self, upload: DirectUpload, reservation: Reservation) -> Stored:
        try:
            await self._gather(upload)
            blob = await self._take_in(upload, reservation)
            await self._reservations.confirm(reservation)
            return await self._commit(upload, blob)
        except FileportError as error:
            await self._tell(upload, reservation, error)
            raise

    async def _commit(self, upload: DirectUpload, blob: Blob) -> Stored:
        try:
            return await retry_unknown_commit(partial(self._catalog.commit_direct_upload, upload.id, blob))
        except PreconditionFailedError as error:
            # It was not this request that made the condition (RFC 9110, section 15.5.13).
            raise DirectUploadConditionError(error.detail) from error

    async def _gather(self, upload: DirectUpload) -> None:
        """Have all staged bytes under one key, as many as were declared. Raises `IncompleteUploadError`."""
        if upload.multipart_id is not None:
            parts = await self._direct.list_parts(upload.key, upload.multipart_id)
            if parts is not None:
                _check_parts(upload, parts)
                await self._direct.join_parts(upload.key, upload.multipart_id, parts)
        try:
            size = await self._blobs.get_size(upload.key)
        except BlobMissingError:
            raise await self._missing(upload, "No bytes were sent yet.") from None
        _check_size(upload, size)

    async def _take_in(self, upload: DirectUpload, reservation: Reservation) -> Blob:
        try:
            sha256 = await self._direct.copy(upload.key, reservation.key, size=upload.size)
        except BlobMissingError:
            raise await self._missing(upload, "The bytes that were sent are gone.") from None
        # Who holds a URL may have sent others meanwhile: only of the copy it is certain what it holds.
        _check_size(upload, await self._blobs.get_size(reservation.key))
        if sha256 is None:
            sha256 = await self._hash(reservation)
        for digest in upload.file.digests:
            digest.check(bytes.fromhex(sha256))
        return Blob(key=reservation.key, size=upload.size, sha256=sha256)

    async def _missing(self, upload: DirectUpload, detail: str) -> FileportError:
        # Who ends an upload removes its bytes.
        now = await self._catalog.get_direct_upload(upload.id)
        return now.ended_error() if now.state == "aborted" else IncompleteUploadError(detail)

    async def _hash(self, reservation: Reservation) -> str:
        hash_ = hashlib.sha256()
        async with self._blobs.open(reservation.key) as chunks:
            async for chunk in chunks:
                hash_.update(chunk)
                reservation.check()
        return hash_.hexdigest()

    async def _tell(self, upload: DirectUpload, reservation: Reservation, error: FileportError) -> None:
        # For those who did not wait for the outcome. Before the claim ends: then others may try.
        failure = Failure(code=error.code, detail=error.detail)
        with anyio.move_on_after(TELL_SECONDS, shield=True), suppress(UnavailableError):
            await self._catalog.fail_direct_upload(
                upload.id, reservation.key, failure, ended=isinstance(error, DigestMismatchError)
            )


def _check_parts(upload: DirectUpload, parts: Sequence[UploadedPart]) -> None:
    there = {part.number: part.size for part in parts}
    numbers = range(1, upload.part_count + 1)
    wrong = [str(number) for number in numbers if there.get(number) != upload.size_of_part(number)]
    wrong += [str(number) for number in there if number > upload.part_count]
    if wrong:
        named = ", ".join(wrong[:_NAMED_PARTS]) + (" and others" if len(wrong) > _NAMED_PARTS else "")
        raise IncompleteUploadError(f"Parts are missing, or of another size than was declared: {named}.")


def _check_size(upload: DirectUpload, size: int) -> None:
    if size != upload.size:
        raise IncompleteUploadError(f"{size} bytes were sent, not the {upload.size} declared.")
