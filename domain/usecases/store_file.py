"""Store a file: the write protocol, from the reservation of a blob to the commit."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress

import anyio
import msgspec

from domain.errors import (
    BlobStoreUnavailableError,
    FileTooLargeError,
    InterruptedBodyError,
    NoSuchFileError,
    OutcomeUnknownError,
    UnavailableError,
)
from domain.model.blobs import Blob
from domain.model.buckets import check_bucket_name
from domain.model.digests import Hashes
from domain.model.files import File, NewFile, Stored
from domain.model.metadata import check_metadata, check_tags
from domain.model.names import check_file_name
from domain.model.preconditions import ANYTHING_GOES
from domain.ports import BlobStore, Catalog
from domain.usecases.reservations import Reservation, Reservations

COMMIT_ATTEMPTS = 4
COMMIT_PAUSE_SECONDS = 0.2


class StoreFile:
    """Store a body as a file. When it returns, the file survives any crash; when it raises, nothing was stored.

    The one exception is `OutcomeUnknownError`: the file may be stored or not, and its blob is left to the reaper.
    `max_file_size` is the service's own limit, in bytes.
    """

    def __init__(self, catalog: Catalog, blobs: BlobStore, reservations: Reservations, *, max_file_size: int) -> None:
        self._catalog = catalog
        self._blobs = blobs
        self._reservations = reservations
        self._max_file_size = max_file_size

    async def __call__(self, new: NewFile, body: AsyncIterable[bytes]) -> Stored:
        """Stream `body` to the blob store and commit it as `new` describes.

        What can be refused is refused before `body` is read. Raises `InvalidNameError`, `InvalidMetadataError`,
        `InvalidTagsError`, `InterruptedBodyError` or `DigestMismatchError` where `body` is not as declared, all that
        `Catalog.commit_file` and `BlobStore.put` raise, and what `body` itself raises.
        """
        new = _checked(new)
        limit = await self._admit(new)
        # A reservation that comes to nothing is a row for the reaper, and one for each upload while the store is down.
        await self._blobs.admit()
        reservation = await self._reservations.take()
        measured = _MeasuredBody(body, new, limit, reservation, self._reservations)
        try:
            await self._blobs.put(reservation.key, measured, size=new.size)
            return await self._commit(new, measured.blob())
        except OutcomeUnknownError:
            raise  # the blob may be live: only its lease's end tells
        except BlobStoreUnavailableError:
            await self._reservations.release(reservation, at_once=False)
            raise
        except Exception:
            await self._reservations.release(reservation, at_once=True)
            raise
        except BaseException:  # cancelled: a request to the store may still be on its way
            await self._reservations.release(reservation, at_once=False)
            raise
        finally:
            self._reservations.let_go(reservation)

    async def _admit(self, new: NewFile) -> int:
        """Raise what the commit would raise as things stand, else return the most bytes that the file may have."""
        bucket = await self._catalog.bucket(new.bucket)
        policy = bucket.policy
        policy.admit(content_type=new.content_type, size=new.size)
        bucket_limit = self._max_file_size if policy.max_file_size is None else policy.max_file_size
        limit = min(bucket_limit, self._max_file_size)
        size = new.size or 0
        if size > limit:
            raise _too_large(limit)
        # Few uploads depend on what they replace; the others need not look for it.
        is_tight = policy.quota_bytes is not None and bucket.usage.bytes + size > policy.quota_bytes
        if is_tight or new.precondition != ANYTHING_GOES:
            replaced = await self._replaced(new)
            new.precondition.check(replaced)
            policy.settle(used=bucket.usage.bytes, added=size - (replaced.size if replaced else 0))
        return limit

    async def _replaced(self, new: NewFile) -> File | None:
        try:
            return await self._catalog.file_named(new.bucket, new.name)
        except NoSuchFileError:
            return None

    async def _commit(self, new: NewFile, blob: Blob) -> Stored:
        # Repeating a commit finds out what became of it, for it is idempotent. Until that is known, no other
        # failure of the catalog may pass for «nothing happened».
        try:
            return await self._catalog.commit_file(new, blob)
        except OutcomeUnknownError as error:
            unknown = error
        for attempt in range(1, COMMIT_ATTEMPTS):
            await anyio.sleep(COMMIT_PAUSE_SECONDS * attempt)
            with suppress(UnavailableError):
                return await self._catalog.commit_file(new, blob)
        raise unknown


def _checked(new: NewFile) -> NewFile:
    return msgspec.structs.replace(
        new,
        bucket=check_bucket_name(new.bucket),
        name=check_file_name(new.name),
        metadata=None if new.metadata is None else check_metadata(new.metadata),
        tags=None if new.tags is None else check_tags(new.tags),
    )


class _MeasuredBody:
    """Passes a body through: counts and hashes it, holds it to its limit, what was declared of it, and its lease."""

    def __init__(
        self,
        body: AsyncIterable[bytes],
        new: NewFile,
        limit: int,
        reservation: Reservation,
        reservations: Reservations,
    ) -> None:
        self._body = body
        self._declared = new.size
        self._limit = limit
        self._reservation = reservation
        self._reservations = reservations
        self._size = 0
        self._hashes = Hashes(new.digests)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._body:
            self._size += len(chunk)
            if self._size > self._limit:
                raise _too_large(self._limit)
            self._hashes.update(chunk)
            yield chunk
            self._reservation.check()
        # Behind the last chunk, however long the body's end took: without its lease, nothing is published.
        await self._reservations.confirm(self._reservation)
        if self._declared is not None and self._declared != self._size:
            raise InterruptedBodyError(f"The body has {self._size} bytes, not the {self._declared} declared.")
        self._hashes.check()

    def blob(self) -> Blob:
        """Return what went through, once all of it has."""
        return Blob(key=self._reservation.key, size=self._size, sha256=self._hashes.sha256)


def _too_large(limit: int) -> FileTooLargeError:
    return FileTooLargeError(f"The file is larger than the {limit} bytes that are allowed here.")
