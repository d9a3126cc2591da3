"""The ports of blobs; `tests/contracts` checks their contracts."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

from domain.blobs.chunks import Body, SendableBody
from domain.blobs.direct_access import ReadHeaders, ReadMethod, SignedRequest, UploadedPart
from domain.blobs.model import BlobClaim, BlobPart, StoredBlob
from domain.blobs.partials import Checkpoint, Progress
from domain.blobs.parts import StoredPart
from domain.values.ranges import ByteRange


class BlobRecords(Protocol):
    """Keeps the life of blobs: staged, live, condemned, gone. Times are in seconds, by the catalog's clock.

    The catalog itself sets the grace period, after which the bytes of a condemned blob may be removed.
    """

    async def reserve_blobs(self, keys: Sequence[str], *, lease: float) -> None:
        """Record fresh keys as staged, each leased for `lease` from now. Durable when it returns."""
        ...

    async def renew_leases(self, keys: Sequence[str], *, lease: float) -> set[str]:
        """Lease those of the blobs that are staged for `lease` from now, and return their keys."""
        ...

    async def release_blobs(self, keys: Sequence[str], *, at_once: bool) -> None:
        """Condemn those of the blobs that are not live.

        `at_once` promises that nothing can write under the keys any more, so that no grace period is needed. A blob
        that was condemned already keeps its grace period, and one that was forgotten is recorded anew: bytes may have
        arrived since they were removed. Earlier claims do not hold any more.
        """
        ...

    async def condemn_lapsed(self, *, limit: int) -> int:
        """Condemn up to `limit` staged blobs whose lease has ended, and return their number."""
        ...

    async def forget_inline(self, *, limit: int) -> int:
        """Remove up to `limit` condemned inline blobs whose grace period is over, with their bytes.

        Returns their number.
        """
        ...

    async def get_contents(self, keys: Sequence[str]) -> dict[str, bytes]:
        """Return the bytes of those of the blobs that are inline, by key, condemned ones included."""
        ...

    async def get_parts(self, key: str) -> tuple[BlobPart, ...]:
        """Return the parts that the blob's bytes came in, in their order; none where they came as a whole."""
        ...

    async def claim_condemned(self, *, limit: int, lease: float) -> list[BlobClaim]:
        """Claim up to `limit` condemned blobs in the blob store whose grace period is over, for `lease`.

        No two claims of a blob hold at once.
        """
        ...

    async def forget_blobs(self, claims: Sequence[BlobClaim]) -> int:
        """Remove the records of the claimed blobs, whose bytes are gone, and return their number.

        A claim that another one has followed removes nothing.
        """
        ...


class BlobStore(Protocol):
    """Keeps bytes under keys. A key is written once. Any number of calls may run at once, for different keys.

    A store that answers and refuses a call raises `BlobStoreRefusedError`, which is no sign that others would fail.
    """

    async def admit(self) -> None:
        """Return unless the store is known to be down, else raise `BlobStoreUnavailableError`.

        For callers that would spend something before their call. Asks a store that works nothing.
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

    def open(self, key: str, part: ByteRange | None = None) -> Body:
        """Open the bytes under `key`, or that part of them, for reading, in chunks that are never empty.

        Of a part, no more bytes move than it has. Entering raises `BlobMissingError` where there are no bytes, or
        where they end before the part does. It reads the first chunk, so that a store that fails at once fails before
        a response has begun; the iteration may raise `BlobStoreUnavailableError`. Leaving the context frees its
        resources, read to the end or not. Bytes that are deleted meanwhile may be readable to the end, or end in an
        error; never cleanly short.
        """
        ...

    def open_for_sending(self, key: str, part: ByteRange | None = None) -> SendableBody:
        """Open the bytes as `open` does, for a caller that can send a `FileChunk`.

        Chunks are in the process where the store has no file, or it costs less. Those in a file can be sent until the
        next one is asked for, without a wait for the store; where the bytes end early, so does the file.
        """
        ...

    async def delete(self, keys: Sequence[str]) -> set[str]:
        """Remove the bytes under each of up to 1,000 keys; a key without bytes is not an error.

        Returns the keys whose bytes the store refused to remove, so that one refusal does not stop the others.
        """
        ...

    async def abort(self, key: str) -> None:
        """Remove the remains of unfinished writes of `key`: temporary files, multipart uploads, pieces. Idempotent."""
        ...

    def list_stored(self) -> AsyncIterator[StoredBlob]:
        """Yield all bytes that are stored, once each, in the order of `listing_order`.

        Bytes that are put or deleted meanwhile may be listed or not. Objects that are not under a blob key are not.
        """
        ...

    def list_unfinished(self) -> AsyncIterator[str]:
        """Yield each key that has temporary files, multipart uploads or pieces, those of writes that go on included."""
        ...

    async def get_size(self, key: str) -> int:
        """Return the number of bytes under `key`. Raises `BlobMissingError`."""
        ...

    async def check(self) -> None:
        """Return if the store answers and can be written, else raise `BlobStoreUnavailableError`."""
        ...


class DirectAccess(Protocol):
    """Lets clients reach the blob store past this service, with requests that are signed here.

    A signed request works for a limited time, whatever becomes of the blob, for anybody that has it. A store
    without direct access raises `DirectAccessUnsupportedError` from every call.
    """

    async def sign_read(self, key: str, method: ReadMethod, headers: ReadHeaders) -> str:
        """Return a URL of the bytes under `key`, which the store serves with `headers` to `method`.

        Does not check that the bytes exist.
        """
        ...

    def require(self) -> None:
        """Return if the store has direct access."""
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
        """Return the stored parts, by number; None where they were joined, or the upload was aborted."""
        ...

    async def join_parts(self, key: str, multipart_id: str, parts: Sequence[UploadedPart]) -> None:
        """Make the parts the bytes under `key`. Idempotent.

        Raises `IncompleteUploadError` where the store does not have the parts as listed, or cannot join them.
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

    A key that is written here is not put; it has no bytes before `complete`. `BlobStore.list_unfinished` lists a key
    that is given up, and `BlobStore.abort` removes its pieces.

    One caller at a time adds to a key. The caller ensures that, by `checkpoint`, and need not be sure that a former one
    has ended: whatever that one still writes, no byte changes that is part of a progress that was checkpointed since.
    Any process may be killed at any moment: the pieces of a progress are durable before it is returned or checkpointed,
    and are never written again.
    """

    async def begin(self, key: str, *, size: int | None = None) -> Progress:
        """Return the progress of a blob before its first byte; `size` is a hint of its length, in bytes."""
        ...

    async def append(
        self, key: str, progress: Progress, body: AsyncIterable[bytes], *, size: int | None, checkpoint: Checkpoint
    ) -> Progress:
        """Add `body` behind the first `progress.size` bytes, and return the progress. `size` is as in `put`.

        Awaits `checkpoint` when more bytes are durable: for each 64 MiB, or each part where those are larger, and at
        the end; one call at a time. An error that it raises ends the call at once and comes out unchanged.

        Bytes that the store holds beyond `progress` are dropped. `progress` stays valid until the call after this one:
        to go back is to append to it again. Before bytes are dropped, or found missing, `checkpoint` may be awaited
        with `progress` unchanged, to show that no other caller has gone on.

        Where `body` raises an error, or the call is cancelled, the bytes before are made durable and checkpointed, and
        then the error goes on; a cancellation leaves some seconds for it. Memory stays bounded, as in `put`.

        Raises `BlobMissingError` where bytes of `progress` are gone, and `PartialBusyError` where a former caller
        still holds them.
        """
        ...

    def fence(self, progress: Progress) -> Progress:
        """Return the progress to go on from, where the last `append` may still be at work in the store.

        It may, unless it returned, or raised an error of its body. Fencing is always safe, but a key can be fenced
        only so many times.
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

        The store copies them itself, where it can; the sources stay. Idempotent. Raises `BlobMissingError` where one
        of `sources` has no bytes, and `PartialBusyError`. After any error something may be left until `abort`.
        """
        ...


class PartBlobs(Protocol):
    """Keeps blobs that arrive in numbered parts, in any order, several at once and by many processes.

    A key that is written here is not put; it has no bytes before `join`. `BlobStore.list_unfinished` lists a key that
    is given up, and `BlobStore.abort` removes its parts. Any process may be killed at any moment.
    """

    @property
    def only_equal(self) -> bool:
        """Whether there are places only for parts of one size, and a smaller last one, each at its `place_of`."""
        ...

    async def begin(self, key: str) -> Mapping[str, Any]:
        """Begin a blob, and return the store's state of it: JSON, and opaque to everything else."""
        ...

    async def put_part(
        self, key: str, state: Mapping[str, Any], number: int, body: AsyncIterable[bytes], *, size: int, offset: int
    ) -> str:
        """Store all of `body`, `size` bytes, at the place of the part, durably, and return the receipt for it.

        Memory stays bounded. The caller ensures that a place is written once. An error that `body` raises comes out
        unchanged, and then nothing writes there any more. After another error, or a cancellation, something may yet be
        written there, but nothing that a later `join` could take for another part's bytes.

        May raise `BlobMissingError` where the blob was given up or joined, and `PartialBusyError` while it is joined.
        """
        ...

    async def join(
        self, key: str, state: Mapping[str, Any], parts: Sequence[StoredPart], *, is_all: bool, scratch: str
    ) -> None:
        """Make the parts, which are in the order of their numbers, the bytes under `key`: durable, and visible at once.

        No byte is copied, where the store can help it. The bytes of parts with keys of their own stay. `is_all` says
        that there are no other parts; with it, those at their places may be used up even where this fails. `scratch`
        is a staged key for remains. Idempotent, with the same parts. Raises `BlobMissingError` where bytes are gone.
        """
        ...
