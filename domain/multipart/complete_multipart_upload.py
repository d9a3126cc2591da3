"""Complete a multipart upload: make a file of its parts."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import anyio
from msgspec.structs import replace

from domain.access.callers import Caller
from domain.access.current_rights import CurrentRights, WatchedCaller
from domain.blobs.background_hashing import BackgroundHashing
from domain.blobs.errors import BlobMissingError
from domain.blobs.model import Blob, BlobPart
from domain.blobs.ports import BlobRecords, BlobStore, PartBlobs
from domain.blobs.reservations import Reservation, Reservations
from domain.blobs.running_hash import RunningHash
from domain.blobs.streams import counted
from domain.errors import CatalogUnavailableError, OutcomeUnknownError, UnavailableError
from domain.files.access import require_store
from domain.files.attributes import NO_ATTRIBUTES
from domain.files.content.admission import Admission
from domain.files.content.commit_retries import retry_unknown_commit
from domain.files.content.detect_type import DetectType
from domain.files.model import NewFile, Stored
from domain.multipart.errors import (
    InvalidPartError,
    MultipartUploadBusyError,
    NoSuchMultipartUploadError,
    no_such_multipart_upload,
)
from domain.multipart.manifest import Completion, check_order, check_whole, choose, sums_of
from domain.multipart.model import MAX_PARTS, MultipartAddress, MultipartUpload, Part, manifest_of
from domain.multipart.ports import MultipartUploads
from domain.values.checksums import Checksums
from domain.values.limits import Limits
from domain.values.preconditions import NO_PRECONDITION, Precondition

POLL_SECONDS = 1.0
RELEASE_SECONDS = 5.0
# A completion that another request has claimed may read all of a large file.
WAIT_SECONDS = 600.0


class CompleteMultipartUpload:
    """Join the parts, hash the whole, and commit it. The result is kept, so that a repeat gets the same.

    A reservation is the claim on the completion: both hold for the same lease, so that a replica that dies midway
    delays others for no longer than that. Two requests at once get one result.
    """

    def __init__(
        self,
        *,
        multipart_uploads: MultipartUploads,
        blob_records: BlobRecords,
        blob_store: BlobStore,
        part_blobs: PartBlobs,
        reservations: Reservations,
        admission: Admission,
        detect_type: DetectType,
        checksums: Checksums,
        rights: CurrentRights,
        limits: Limits,
    ) -> None:
        self._multipart_uploads = multipart_uploads
        self._blob_records = blob_records
        self._blob_store = blob_store
        self._part_blobs = part_blobs
        self._reservations = reservations
        self._admission = admission
        self._detect_type = detect_type
        self._checksums = checksums
        self._rights = rights
        self._ttl = limits.upload_ttl

    async def __call__(
        self,
        caller: Caller,
        address: MultipartAddress,
        completion: Completion,
        precondition: Precondition = NO_PRECONDITION,
    ) -> Stored:
        """Return the file that the upload has become, now or before.

        What can be refused is refused before anything is done. Raises as `require_store`, `check_order`, `choose`,
        `check_whole`; `NoSuchMultipartUploadError`, also where the upload was completed with other parts, or is aborted
        meanwhile; `MultipartUploadBusyError`, and all that `Admission.admit` and `Files.commit_file` raise.
        """
        require_store(caller, address.bucket, address.name)
        watched = self._rights.watch(caller)
        check_order(completion.parts)
        manifest = manifest_of(completion.parts)
        with anyio.move_on_after(WAIT_SECONDS):
            while True:
                upload = await self._multipart_uploads.get_upload(address)
                if upload.stored is not None:
                    return _kept(upload, manifest)
                try:
                    return await self._complete(watched, upload, completion, precondition)
                except MultipartUploadBusyError:
                    await anyio.sleep(POLL_SECONDS)
                except (InvalidPartError, BlobMissingError):
                    # Parts go with an upload that another request has completed, or aborted, meanwhile.
                    if (await self._multipart_uploads.get_upload(address)).stored is None:
                        raise
        raise MultipartUploadBusyError("Another request completes the upload, and takes long.")

    async def _complete(
        self, watched: WatchedCaller, upload: MultipartUpload, completion: Completion, precondition: Precondition
    ) -> Stored:
        listed = await self._multipart_uploads.list_parts(upload.id, limit=MAX_PARTS)
        parts = choose(completion.parts, {part.number: part for part in listed}, upload.algorithm)
        file = self._described(upload, parts, completion, precondition)
        await self._admission.admit(file)
        await self._blob_store.admit()
        async with self._reservations.holding() as reservation:
            manifest = manifest_of(completion.parts)
            claimed = await self._claim(upload, manifest, parts, reservation)
            if claimed.stored is not None:
                stored = _kept(claimed, manifest)
            else:
                try:
                    stored = await self._join(watched, upload, parts, file, reservation, is_all=parts == listed)
                except NoSuchMultipartUploadError:
                    # It was aborted, and its blob condemned; its bytes may have come since.
                    await self._give_up(upload)
                    raise
            await self._reservations.release(reservation, at_once=True)
        return stored

    def _described(
        self, upload: MultipartUpload, parts: Sequence[Part], completion: Completion, precondition: Precondition
    ) -> NewFile:
        sums, size = sums_of(parts, upload.checksums, self._checksums), sum(part.size for part in parts)
        check_whole(completion, upload.checksums, sums.checksum, size=size)
        attributes = replace(upload.file.attributes or NO_ATTRIBUTES, sums=sums)
        return replace(upload.file, size=size, attributes=attributes, precondition=precondition)

    async def _claim(
        self, upload: MultipartUpload, manifest: str, parts: Sequence[Part], reservation: Reservation
    ) -> MultipartUpload:
        try:
            return await self._multipart_uploads.claim_completion(
                upload.id, manifest, parts, reservation.key, ttl=self._ttl
            )
        except OutcomeUnknownError as error:
            # A claim that was made after all ends with the reservation: for certain, the upload is not completed.
            raise CatalogUnavailableError(error.detail) from error

    async def _join(
        self,
        watched: WatchedCaller,
        upload: MultipartUpload,
        parts: Sequence[Part],
        file: NewFile,
        reservation: Reservation,
        *,
        is_all: bool,
    ) -> Stored:
        await self._part_blobs.join(upload.key, upload.store_state, parts, is_all=is_all, scratch=reservation.key)
        blob = await self._hash(upload.key, file.size or 0)
        file = await self._detect_type.by_blob(file, blob)
        await self._reservations.confirm(reservation)
        require_store(await watched.now(), file.bucket, file.name)
        kept = [BlobPart(part.size, part.checksum) for part in parts]
        commit = partial(
            self._multipart_uploads.commit_upload, upload.id, reservation.key, file, blob, kept, kept=self._ttl
        )
        return await retry_unknown_commit(commit)

    async def _hash(self, key: str, size: int) -> Blob:
        hash_ = RunningHash()
        async with self._blob_store.open(key) as chunks:
            with BackgroundHashing(hash_.update) as hashing:
                async for chunk in counted(chunks, size):
                    await hashing.add(chunk)
                await hashing.finish()
        return hash_.blob(key)

    async def _give_up(self, upload: MultipartUpload) -> None:
        with anyio.move_on_after(RELEASE_SECONDS, shield=True), suppress(UnavailableError):
            await self._blob_records.release_blobs([upload.key], at_once=False)


def _kept(upload: MultipartUpload, manifest: str) -> Stored:
    if upload.stored is None or upload.manifest != manifest:
        raise no_such_multipart_upload()
    return upload.stored
