"""Store a part of a multipart upload."""

from collections.abc import AsyncIterable, AsyncIterator

from domain.access.callers import Caller
from domain.access.current_rights import CurrentRights
from domain.blobs.background_hashing import BackgroundHashing
from domain.blobs.errors import BlobMissingError, InterruptedBodyError
from domain.blobs.ports import BlobStore, PartBlobs
from domain.blobs.reservations import Reservations
from domain.errors import CatalogUnavailableError, OutcomeUnknownError
from domain.files.access import require_store
from domain.files.attributes import Sums
from domain.files.content.admission import Admission, too_large
from domain.multipart.errors import InvalidPartNumberError, no_such_multipart_upload
from domain.multipart.find_multipart_upload import FindMultipartUpload
from domain.multipart.model import MAX_PART_SIZE, MAX_PARTS, MultipartAddress, MultipartUpload, NewPart, Part
from domain.multipart.part_sums import DeclaredSums, PartSums
from domain.multipart.ports import MultipartUploads
from domain.values.checksums import Checksums
from domain.values.limits import Limits

NOTHING_DECLARED = DeclaredSums()


class UploadPart:
    """Store one part, in place of a former one of that number, which counts until this one is whole.

    The first one of a number gets its place in the upload, others a blob of their own: whoever still writes a former
    one does not disturb it.
    """

    def __init__(
        self,
        *,
        multipart_uploads: MultipartUploads,
        find: FindMultipartUpload,
        blob_store: BlobStore,
        part_blobs: PartBlobs,
        reservations: Reservations,
        admission: Admission,
        checksums: Checksums,
        rights: CurrentRights,
        limits: Limits,
    ) -> None:
        self._multipart_uploads = multipart_uploads
        self._find = find
        self._blob_store = blob_store
        self._part_blobs = part_blobs
        self._reservations = reservations
        self._admission = admission
        self._checksums = checksums
        self._rights = rights
        self._ttl = limits.upload_ttl

    async def __call__(
        self,
        caller: Caller,
        address: MultipartAddress,
        number: int,
        body: AsyncIterable[bytes],
        *,
        size: int,
        declared: DeclaredSums = NOTHING_DECLARED,
    ) -> tuple[Part, str]:
        """Return the part once its `size` bytes are durable, and the algorithm of its checksum.

        After an error a former part is as it was.

        Raises `InvalidPartNumberError`, `NoSuchMultipartUploadError`, as `require_store`, `FileTooLargeError`,
        `QuotaExceededError`, `WrongPartChecksumError`, `InterruptedBodyError` and `DigestMismatchError` where `body` is
        not as declared, `MultipartUploadBusyError` while the upload is completed, `BlobStoreUnavailableError`, and all
        that `body` raises.
        """
        check_part_number(number)
        watched = self._rights.watch(caller)
        upload = await self._find(caller, address)
        sums = PartSums(self._checksums, upload.checksums, declared)
        if size > MAX_PART_SIZE:
            raise too_large(MAX_PART_SIZE)
        admitted = await self._admission.admit_upload(upload.file, size)
        await self._blob_store.admit()
        body = watched.pass_on(body, lambda now: require_store(now, address.bucket, address.name))
        part = _MeasuredPart(body, size, sums)
        offset = await self._begin(upload, number, size, makes_room=admitted.has_quota)
        if offset is None or offset + size > admitted.max_size:
            return await self._store_apart(upload, number, part), upload.algorithm
        return await self._store_in_place(upload, number, part, offset), upload.algorithm

    async def _begin(self, upload: MultipartUpload, number: int, size: int, *, makes_room: bool) -> int | None:
        try:
            return await self._multipart_uploads.begin_part(
                upload.id, number, size, only_equal=self._part_blobs.only_equal, makes_room=makes_room
            )
        except OutcomeUnknownError as error:
            # A place that was given after all stays empty: for certain, nothing was stored.
            raise CatalogUnavailableError(error.detail) from error

    async def _store_in_place(self, upload: MultipartUpload, number: int, part: "_MeasuredPart", offset: int) -> Part:
        try:
            receipt = await self._part_blobs.put_part(
                upload.key, upload.store_state, number, part, size=part.size, offset=offset
            )
        except BlobMissingError:
            raise no_such_multipart_upload() from None
        except Exception as error:
            if error is part.failure:
                await self._multipart_uploads.give_up_part(upload.id, number)
            raise
        return await self._keep(upload, part.described(number, receipt=receipt))

    async def _store_apart(self, upload: MultipartUpload, number: int, part: "_MeasuredPart") -> Part:
        async with self._reservations.holding() as reservation:
            await self._blob_store.put(reservation.key, part, size=part.size)
            await self._reservations.confirm(reservation)
            return await self._keep(upload, part.described(number, key=reservation.key))

    async def _keep(self, upload: MultipartUpload, part: NewPart) -> Part:
        return await self._multipart_uploads.put_part(upload.id, part, ttl=self._ttl)


class _MeasuredPart:
    """Passes the body of a part through, and checks its size and its sums. `failure` is the error that it ended in."""

    def __init__(self, body: AsyncIterable[bytes], size: int, sums: PartSums) -> None:
        self._body = body
        self.size = size
        self._running = sums
        self._sums: Sums | None = None
        self.failure: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            left = self.size
            with BackgroundHashing(self._running.update) as hashing:
                async for chunk in self._body:
                    left -= len(chunk)
                    if left < 0:
                        raise InterruptedBodyError(f"The body is longer than the {self.size} bytes declared.")
                    await hashing.add(chunk)
                    yield chunk
                await hashing.finish()
            if left:
                raise InterruptedBodyError(f"The body has {self.size - left} bytes, not the {self.size} declared.")
            self._sums = self._running.finish()
        except Exception as error:
            self.failure = error
            raise

    def described(self, number: int, *, key: str | None = None, receipt: str = "") -> NewPart:
        """Return the part, once all of the body has passed."""
        if self._sums is None or self._sums.checksum is None:
            raise RuntimeError("The store did not read the part to its end.")
        return NewPart(
            number=number,
            size=self.size,
            md5=self._sums.md5,
            checksum=self._sums.checksum.value,
            key=key,
            receipt=receipt,
        )


def check_part_number(number: int) -> None:
    """Raise `InvalidPartNumberError` unless a part may have that number."""
    if not 1 <= number <= MAX_PARTS:
        raise InvalidPartNumberError(f"A part's number is from 1 to {MAX_PARTS}.")
