"""Begin an upload whose bytes the client sends to the blob store itself."""

from contextlib import suppress

import anyio

from domain.blobs.errors import BlobStoreUnavailableError, DirectAccessUnsupportedError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobStore, DirectAccess
from domain.buckets.errors import ADMISSION, InvalidBucketError
from domain.catalog import Catalog
from domain.direct_uploads.errors import (
    DirectUploadCompletedError,
    DirectUploadEndedError,
    InvalidPartSizeError,
    NoSuchDirectUploadError,
)
from domain.direct_uploads.model import DirectUpload, NewDirectUpload, choose_part_size, part_count
from domain.errors import CatalogUnavailableError, LeaseLostError, OutcomeUnknownError, UnavailableError
from domain.files.content.admission import admit, check_new_file
from domain.files.errors import InvalidMetadataError, InvalidNameError, InvalidTagsError
from domain.files.model import NewFile
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.model import KeyClaim, KeyedRequest
from domain.values.errors import InvalidContentTypeError

RELEASE_SECONDS = 5


class BeginDirectUpload:
    """Open an upload for a file of a size that is known.

    Its bytes go to a staging blob, of which a row is on record before anybody can write to it. That row is leased
    until nobody can any more: for the `life` of the upload and, on top, that of the last URL that it gave, `url_life`,
    both in seconds. What came there goes by the reaper.
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
        catalog: Catalog,
        blobs: BlobStore,
        direct: DirectAccess,
        idempotent: IdempotentExecutor,
        *,
        max_file_size: int,
        life: float,
        url_life: float,
    ) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._direct = direct
        self._idempotent = idempotent
        self._max_file_size = max_file_size
        self._life = life
        self._lease = life + url_life

    async def __call__(
        self, new: NewFile, *, part_size: int | None, request: KeyedRequest | None = None
    ) -> DirectUpload:
        """Return the open upload, in parts of `part_size`, if that is given. What can be refused now is refused.

        The same `request` gets the same upload, as it was then, for as long as bytes are still of use to it. Raises
        `DirectAccessUnsupportedError`, `InvalidPartSizeError`, all that `StoreFile` does before a body is read, all
        that `IdempotentExecutor` does, and `OutcomeUnknownError`: then there may be an upload that nobody knows, and
        that ends by itself. Where it was opened before: `NoSuchDirectUploadError`, and
        all that `DirectUpload.check_in_progress` does.
        """
        self._direct.require()
        new = check_new_file(new)
        part_size = choose_part_size(new.size or 0, part_size)
        return await self._idempotent(
            request, DirectUpload, lambda claim: self._begin(new, part_size, claim), check=self._check
        )

    async def _check(self, first: DirectUpload) -> None:
        # A URL is not to outlive the lease of what it writes to.
        upload = await self._catalog.get_direct_upload(first.id)
        upload.check_in_progress()

    async def _begin(self, new: NewFile, part_size: int, claim: KeyClaim | None) -> DirectUpload:
        await admit(self._catalog, new, max_file_size=self._max_file_size)
        await self._blobs.admit()
        key = await self._reserve()
        try:
            in_parts = part_count(new.size or 0, part_size) > 1
            multipart_id = await self._direct.begin_parts(key) if in_parts else None
            opening = NewDirectUpload(file=new, part_size=part_size, key=key, multipart_id=multipart_id)
            return await self._catalog.open_direct_upload(opening, claim, life=self._life, lease=self._lease)
        except OutcomeUnknownError:
            raise  # the upload may be open: the lease's end tells
        except BaseException as error:
            # Nobody can write there yet; but what began an upload in parts may still be on its way.
            is_certain = not isinstance(error, BlobStoreUnavailableError) and isinstance(error, Exception)
            await self._release(key, at_once=is_certain)
            raise

    async def _reserve(self) -> str:
        key = new_blob_key()
        try:
            await self._catalog.reserve_blobs([key], lease=self._lease)
        except OutcomeUnknownError as error:
            # Nobody has the key, and its lease lapses: what the caller wanted has not happened, for certain.
            raise CatalogUnavailableError(error.detail) from error
        return key

    async def _release(self, key: str, *, at_once: bool) -> None:
        with anyio.move_on_after(RELEASE_SECONDS, shield=True), suppress(UnavailableError):
            await self._catalog.release_blobs([key], at_once=at_once)
