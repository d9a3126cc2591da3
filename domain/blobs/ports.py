"""The ports of blobs; `tests/contracts` checks their contracts."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from domain.blobs.direct_access import ReadHeaders, ReadMethod, SignedRequest, UploadedPart
from domain.blobs.model import Claim, StoredBlob
from domain.blobs.partials import Checkpoint, Progress
from domain.values.ranges import ByteRange


class Blobs(Protocol):
    """The part of the catalog that keeps the life of blobs: staged, live, condemned, gone. Times in seconds.

    The grace period before a condemned blob's bytes may go is the catalog's own setting. All time is the
    catalog's clock.
    """

    async def reserve_blobs(self, keys: Sequence[str], *, lease: float) -> None:
        """Record fresh keys as staged, each leased for `lease` from now. Durable when it returns."""
        ...

    async def renew_leases(self, keys: Sequence[str], *, lease: float) -> set[str]:
        """Lease those of the blobs that are staged for `lease` from now, and return their keys."""
        ...

    async def release_blobs(self, keys: Sequence[str], *, at_once: bool) -> None:
        """Condemn the blobs, but leave those alone that are live.

        `at_once` promises that nothing can write under the keys any more, so that no grace is needed. A blob that
        was condemned already keeps its grace, and one that was forgotten is recorded anew: bytes may have come since
        they were removed. Claims from before do not hold any more.
        """
        ...

    async def condemn_lapsed(self, *, limit: int) -> int:
        """Condemn up to `limit` staged blobs whose lease has ended, and return how many there were."""
        ...

    async def claim_condemned(self, *, limit: int, lease: float) -> list[Claim]:
        """Claim up to `limit` condemned blobs whose grace is over, for `lease`; no two claims hold at once."""
        ...

    async def forget_blobs(self, claims: Sequence[Claim]) -> int:
        """Remove the claimed blobs, whose bytes are gone. A claim that was outlived by another is left alone.

        Returns how many were removed.
        """
        ...


class BlobStore(Protocol):
    """Keeps bytes under keys. A key is written once. Any number of calls may run at once, for different keys.

    A store that answers and refuses a call raises `BlobStoreRefusedError`, which is no sign that others would fail.
    """

    async def admit(self) -> None:
        """Return unless the store is known to be down, else raise `BlobStoreUnavailableError`.

        For callers who would spend something before their call. A store that works is not asked.
        """
        ...

    async def put(self, key: str, body: AsyncIterable[bytes], *, size: int | None) -> None:
        """Store all of `body` under `key`. The bytes are durable when it returns, and invisible before.

        Memory stays bounded whatever the length; chunks may have any length. `size`, in bytes, is a hint of the
        length, None where it is not known; a `body` of another length is stored as it is.

        An error that `body` raises comes out unchanged, and then nothing is left under the key or will be. After
        `BlobStoreUnavailableError`, or a cancellation, something may be left, or may yet arrive, until `delete`
        and `abort`.
        """
        ...

    def open(self, key: str, part: ByteRange | None = None) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open the bytes under `key`, or that part of them, for reading, in chunks that are never empty.

        Of a part, no more bytes move than it has. Entering raises `BlobMissingError` where there are no bytes, or
        where they end before the part does. It reads the first chunk, so that whoever sends the bytes on learns of a
        store that fails at once before the first of them; the iteration may raise
        `BlobStoreUnavailableError`. Leaving the context frees what it holds, read to the end or not. Bytes that
        are deleted meanwhile may be readable to the end, or end in an error; never cleanly short.
        """
        ...

    async def delete(self, keys: Sequence[str]) -> set[str]:
        """Remove the bytes under each of up to 1,000 keys; it is no error where there are none.

        Returns the keys whose bytes the store refused to remove, so that one of them does not hold up the others.
        """
        ...

    async def abort(self, key: str) -> None:
        """Remove what unfinished writes of `key` left: temporary files, multipart uploads, pieces. Idempotent."""
        ...

    def list_stored(self) -> AsyncIterator[StoredBlob]:
        """Yield all bytes that are stored, once each, in the order of `listing_order`.

        What is put or deleted meanwhile may be told or not. What is not under a blob key is not told.
        """
        ...

    def list_unfinished(self) -> AsyncIterator[str]:
        """Yield each key that has temporary files, multipart uploads or pieces, those of writes that go on included."""
        ...

    async def get_size(self, key: str) -> int:
        """Return how many bytes are under `key`. Raises `BlobMissingError`."""
        ...

    async def check(self) -> None:
        """Return if the store answers and can be written, else raise `BlobStoreUnavailableError`."""
        ...


class DirectAccess(Protocol):
    """The blob store's own way in for clients, past this service: requests that are signed here, and made by them.

    A signed request is good for a limited time, whatever becomes of the blob, and for whoever holds it. A store
    without such a way raises `DirectAccessUnsupportedError` from every call.
    """

    async def sign_read(self, key: str, method: ReadMethod, headers: ReadHeaders) -> str:
        """Return a URL of the bytes under `key`, which the store serves with `headers` to `method`.

        The store is not asked whether it has them.
        """
        ...

    def require(self) -> None:
        """Return where there is such a way."""
        ...

    async def begin_parts(self, key: str) -> str:
        """Begin an upload of `key` in parts, and return the store's name for it. `BlobStore.abort` ends it."""
        ...

    async def sign_write(self, key: str, *, size: int) -> SignedRequest:
        """Return the request that stores a body of `size` bytes under `key`. It may be made again and again."""
        ...

    async def sign_part(self, key: str, multipart_id: str, number: int, *, size: int) -> SignedRequest:
        """Return the request that sends a part, likewise, until the parts are joined or the upload is aborted."""
        ...

    async def list_parts(self, key: str, multipart_id: str) -> list[UploadedPart] | None:
        """Return the parts that are there, by number; None where they were joined, or the upload was aborted."""
        ...

    async def join_parts(self, key: str, multipart_id: str, parts: Sequence[UploadedPart]) -> None:
        """Make the parts the bytes under `key`. It is no error where they are that already.

        Raises `IncompleteUploadError` where the store does not have them as they were listed, or cannot join them.
        """
        ...

    async def copy(self, source: str, key: str, *, size: int) -> str | None:
        """Copy the `size` bytes under `source` to `key`, inside the store.

        Returns the SHA-256 of the copy, in hex, where the store computes it, else None. Raises `BlobMissingError`
        where there are no bytes under `source`. After an error, as after one of `BlobStore.put`, something may be
        left, or may yet arrive, under `key`.
        """
        ...


class PartialBlobs(Protocol):
    """Keeps blobs that arrive in pieces, over many calls and by many processes, until they are whole.

    A key that is written here is not put; nothing is under it before `complete`. What is left of one that is given
    up, `BlobStore.abort` removes and `BlobStore.list_unfinished` tells.

    One caller at a time adds to a key. The caller sees to that, by `checkpoint`, and need not be sure that a former one
    has ended: whatever that one still writes, no byte changes that is part of a progress that was checkpointed since.
    Any process may be killed at any moment: the pieces of a progress are durable before it is told, and are never
    written again.
    """

    async def begin(self, key: str, *, size: int | None = None) -> Progress:
        """Return the progress of a blob of which nothing has arrived; `size` is a hint of how long it will be."""
        ...

    async def append(
        self, key: str, progress: Progress, body: AsyncIterable[bytes], *, size: int | None, checkpoint: Checkpoint
    ) -> Progress:
        """Add `body` behind the `progress.size` bytes that are there, and return the progress. `size` is as in `put`.

        Awaits `checkpoint` when more bytes are durable: for each 64 MiB, or each part where those are larger, and at
        the end; one call at a time. An error that it raises ends the call at once and comes out unchanged.

        What the store holds beyond `progress` is dropped. `progress` stays good until the call after this one: to go
        back is to append to it again. Before anything is dropped, or missing, `checkpoint` may be awaited with
        `progress` as it is, to show that nobody else has gone on.

        Where `body` raises an error, or the call is cancelled, what came before is made durable and checkpointed, and
        then that goes on; after a cancellation there are some seconds for it. Memory stays bounded, as in `put`.

        Raises `BlobMissingError` where bytes of `progress` are gone, and `PartialBusyError` where a former caller
        still holds them.
        """
        ...

    def fence(self, progress: Progress) -> Progress:
        """Return the progress to go on from, where the last `append` may still run, or be on its way to the store.

        That is so unless it returned, or raised what its body had raised. It is never wrong, but wears the key off a
        little.
        """
        ...

    async def complete(self, key: str, progress: Progress) -> None:
        """Make the pieces the bytes under `key`: durable, and visible at once.

        Idempotent, also where the answer to an earlier call was lost. Raises `BlobMissingError` where bytes of
        `progress` are gone, and `PartialBusyError`.
        """
        ...

    async def concatenate(self, key: str, sources: Sequence[str]) -> None:
        """Store the bytes under each of `sources`, one after another, under `key`: durable, and visible at once.

        They are copied inside the store, where it can, and stay where they are. Idempotent. Raises `BlobMissingError`
        where there are no bytes under one of `sources`, and `PartialBusyError`. After any error something may be left
        until `abort`.
        """
        ...
