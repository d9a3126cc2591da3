"""Store a file: the write protocol, from the reservation of a blob to the commit."""

import zlib
from collections.abc import AsyncIterable, AsyncIterator
from functools import partial

from domain.blobs.background_hashing import BackgroundHashing
from domain.blobs.errors import BlobStoreUnavailableError, InterruptedBodyError
from domain.blobs.model import Blob
from domain.blobs.ports import BlobStore
from domain.blobs.reservations import Reservation, Reservations
from domain.buckets.errors import ADMISSION, InvalidBucketError
from domain.errors import LeaseLostError, OutcomeUnknownError
from domain.files.content.admission import Admission, Admitted, check_new_file, too_large
from domain.files.content.commit_retries import commit_file
from domain.files.content.detect_type import DetectType, read_head
from domain.files.content.running_sums import RunningSums
from domain.files.content.store_small_file import StoreSmallFile
from domain.files.errors import InvalidNameError
from domain.files.model import NewFile, Stored
from domain.files.ports import Files
from domain.idempotency.model import KeyClaim
from domain.quotas.model import Room
from domain.quotas.reserve_room import ReserveRoom
from domain.values.digests import Hashes
from domain.values.errors import InvalidContentTypeError
from domain.values.media_types import OCTET_STREAM


class StoreFile:
    """Store a body as a file. When it returns, the file survives any crash; when it raises, nothing was stored.

    The one exception is `OutcomeUnknownError`: the file may be stored or not, and its blob is left to the reaper.
    """

    errors = (
        InvalidNameError,
        InvalidBucketError,
        InvalidContentTypeError,
        InterruptedBodyError,
        *ADMISSION,
        BlobStoreUnavailableError,
        LeaseLostError,
        OutcomeUnknownError,
    )

    def __init__(
        self,
        files: Files,
        blob_store: BlobStore,
        reservations: Reservations,
        admission: Admission,
        detect_type: DetectType,
        *,
        reserve_room: ReserveRoom,
        store_small: StoreSmallFile,
    ) -> None:
        self._files = files
        self._blob_store = blob_store
        self._reservations = reservations
        self._admission = admission
        self._detect_type = detect_type
        self._reserve_room = reserve_room
        self._store_small = store_small

    async def __call__(
        self,
        new: NewFile,
        body: AsyncIterable[bytes],
        claim: KeyClaim | None = None,
        *,
        sums: RunningSums | None = None,
    ) -> Stored:
        """Keep `body` and commit it as `new` describes, with its `sums`, which finishes the `claim`.

        A small one goes into the catalog with the commit, others are streamed to the blob store before it. A larger one
        that can be refused is refused before `body` is read; one whose length or type only `body` tells, after its
        first bytes. Raises `InvalidNameError`, `InvalidMetadataError`, `InvalidTagsError`, `InterruptedBodyError` or
        `DigestMismatchError` where `body` is not as declared, all that `Files.commit_file` and `BlobStore.put` raise,
        and all that `body` raises.
        """
        new = check_new_file(new)
        if self._store_small.may_take(new.size):
            start = await read_head(body, self._store_small.max_bytes + 1)
            if start.is_all:
                if sums is not None:
                    sums.update(start.head)
                    new = sums.described(new)
                return await self._store_small(new, start.head, claim)
            body = start.body
        return await self._store_large(new, body, claim, sums)

    async def _store_large(
        self, new: NewFile, body: AsyncIterable[bytes], claim: KeyClaim | None, sums: RunningSums | None
    ) -> Stored:
        admitted = await self._admission.admit(new)
        # While the store is down, each failed reservation would leave a row to the reaper.
        await self._blob_store.admit()
        room = Room(bucket=new.bucket, name=new.name, size=new.size or 0)
        make_room = partial(self._reserve_room, room=room) if admitted.has_quota else None
        if make_room is None:  # else the room comes first: clients send more than the bytes that are looked at
            new, body = await self._typed(new, body, admitted)
        async with self._reservations.holding(make_room) as reservation:
            if make_room is not None:
                if new.size is None:
                    body = self._reserve_room.in_steps(reservation.key, room, body, limit=admitted.max_size)
                new, body = await self._typed(new, body, admitted)
            measured = _MeasuredBody(body, new, admitted.max_size, reservation, self._reservations, sums=sums)
            await self._blob_store.put(reservation.key, measured, size=new.size)
            new = new if sums is None else sums.described(new)
            return await commit_file(self._files, new, measured.blob(), claim)

    async def _typed(
        self, new: NewFile, body: AsyncIterable[bytes], admitted: Admitted
    ) -> tuple[NewFile, AsyncIterable[bytes]]:
        if new.content_type != OCTET_STREAM:
            return new, body
        start = await read_head(body)
        new = self._detect_type.by_head(new, start.head)
        if not start.is_all:  # the commit of a short body refuses it soon enough
            admitted.admit_type(new)
        return new, start.body


class _MeasuredBody:
    """Passes a body through: counts and hashes it, and checks limit, declared size and digests, and lease."""

    def __init__(
        self,
        body: AsyncIterable[bytes],
        new: NewFile,
        limit: int,
        reservation: Reservation,
        reservations: Reservations,
        *,
        sums: RunningSums | None,
    ) -> None:
        self._body = body
        self._declared = new.size
        self._limit = limit
        self._reservation = reservation
        self._reservations = reservations
        self._size = 0
        self._crc32 = 0
        self._hashes = Hashes(new.digests)
        self._sums = sums

    async def __aiter__(self) -> AsyncIterator[bytes]:
        # The sums beside the hashes: an MD5 takes longer than a SHA-256.
        updates = [self._update] if self._sums is None else [self._update, self._sums.update]
        with BackgroundHashing(*updates) as hashing:
            async for chunk in self._body:
                self._size += len(chunk)
                if self._size > self._limit:
                    raise too_large(self._limit)
                await hashing.add(chunk)
                yield chunk
                self._reservation.check()
            await hashing.finish()
        # After the last chunk, however long the body's end took: nothing is published without a lease.
        await self._reservations.confirm(self._reservation)
        if self._declared is not None and self._declared != self._size:
            raise InterruptedBodyError(f"The body has {self._size} bytes, not the {self._declared} declared.")
        self._hashes.check()
        if self._sums is not None:
            self._sums.finish()

    def _update(self, data: bytes) -> None:
        self._hashes.update(data)
        self._crc32 = zlib.crc32(data, self._crc32)

    def blob(self) -> Blob:
        """Return the blob, once all of the body has passed."""
        return Blob(key=self._reservation.key, size=self._size, sha256=self._hashes.sha256, crc32=self._crc32)
