"""The ports: what the use cases need of the world. A port's docstring is its contract; `tests/contracts` checks it.

Every call may raise the `UnavailableError` of its port when the part behind it does not answer. Nothing has
happened then, unless the error is `OutcomeUnknownError`.
"""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol
from uuid import UUID

from domain.model.archives import Member
from domain.model.batches import Operation, Outcome
from domain.model.blobs import Blob, BlobRecord, Claim, StoredBlob
from domain.model.buckets import Bucket, Policy
from domain.model.direct_access import ReadHeaders, ReadMethod, SignedRequest, UploadedPart
from domain.model.direct_uploads import DirectUpload, Failure, NewDirectUpload
from domain.model.files import Address, Destination, File, NewFile, Stored
from domain.model.idempotency import KeyClaim, KeyRecord
from domain.model.integrity import Miscount
from domain.model.jobs import Job, JobClaim, JobPlace, Task
from domain.model.listing import FileQuery
from domain.model.partials import Checkpoint, Progress
from domain.model.preconditions import ANYTHING_GOES, Precondition
from domain.model.ranges import ByteRange
from domain.upload_ports import Uploads


class Buckets(Protocol):
    """The part of the catalog that keeps buckets."""

    async def put_bucket(
        self,
        name: str,
        policy: Policy,
        claim: KeyClaim | None = None,
        *,
        precondition: Precondition = ANYTHING_GOES,
    ) -> tuple[Bucket, bool]:
        """Create the bucket, or replace its policy. Returns it, and whether it is new.

        Finishes the `claim`, see `IdempotencyKeys`. Raises `PreconditionFailedError`: a bucket has no entity tag.
        """
        ...

    async def bucket(self, name: str) -> Bucket:
        """Return the bucket with its usage. Raises `NoSuchBucketError`."""
        ...

    async def buckets(self, *, after: str | None, limit: int) -> list[Bucket]:
        """Return up to `limit` buckets whose names come after `after`, sorted by name, by code point."""
        ...

    async def delete_bucket(self, name: str, precondition: Precondition = ANYTHING_GOES) -> None:
        """Remove the bucket.

        Raises `NoSuchBucketError`, `PreconditionFailedError`, or `BucketNotEmptyError` while it holds files.
        """
        ...


class Files(Protocol):
    """The part of the catalog that keeps files. An expired file is as good as gone for every call."""

    async def commit_file(self, new: NewFile, blob: Blob, claim: KeyClaim | None = None) -> Stored:
        """Point the file at the blob, whose bytes are durable, in one transaction.

        Makes the staged blob live, creates the file or replaces the bytes and content type of the one with that
        name, condemns a replaced blob that no other file shares, and keeps the bucket's usage. The bucket's
        policy, its quota and `new.precondition` are checked against the state that the change is made on. A
        file's time to live comes from its bucket and begins anew when its bytes are replaced.

        Idempotent: repeated for a blob that is live already, it returns that blob's file. So a commit whose
        outcome is unknown is settled by repeating it. Finishes the `claim`, see `IdempotencyKeys`, with the file.

        Raises `NoSuchBucketError`, `TypeNotAllowedError`, `FileTooLargeError`, `QuotaExceededError`,
        `PreconditionFailedError`; `LeaseLostError` where the blob is not staged; `OutcomeUnknownError`.
        """
        ...

    async def file(self, id: UUID) -> File:
        """Return the file. Raises `NoSuchFileError`."""
        ...

    async def file_named(self, bucket: str, name: str) -> File:
        """Return the file of that name. Raises `NoSuchFileError`, also where there is no such bucket."""
        ...

    async def file_with_policy(self, address: Address) -> tuple[File, Policy]:
        """Return the file and the policy of its bucket, as one state. Raises `NoSuchFileError`, as the above do."""
        ...

    async def change_file(self, changed: File) -> File | None:
        """Store the record `changed`, whose `revision` is the one it was read at, as the next revision.

        Its bucket, name, content type, metadata, tags and expiry are written; the rest is not. Returns the file as
        stored, or None where it was changed or deleted since, or never existed. A change of bucket moves its bytes
        from one usage to the other; the policy of a new bucket is checked, as a new content type is. A new expiry must
        be in the future, by the catalog's clock.
        Raises `InvalidExpiryError`, `NameTakenError`, `NoSuchBucketError`, `TypeNotAllowedError`, `FileTooLargeError`,
        `QuotaExceededError`, `OutcomeUnknownError`.
        """
        ...

    async def copy_file(
        self, id: UUID, to: Destination, precondition: Precondition, claim: KeyClaim | None = None
    ) -> File:
        """Create a file on the same blob, with the original's content type, metadata and tags, as revision 1.

        `precondition` is checked against the original. Finishes the `claim`, see `IdempotencyKeys`. Raises
        `NoSuchFileError` and all that `change_file` does, and `PreconditionFailedError`.
        """
        ...

    async def delete_file(self, id: UUID, precondition: Precondition) -> None:
        """Remove the file and condemn its blob if no other file shares it.

        Raises `NoSuchFileError`, `PreconditionFailedError`, `OutcomeUnknownError`.
        """
        ...

    async def expire_files(self, *, limit: int) -> int:
        """Delete up to `limit` expired files, as `delete_file` does, and return how many there were."""
        ...

    async def list_files(self, query: FileQuery) -> list[File]:
        """Return the page of files that `query` describes."""
        ...

    async def count_files(self, query: FileQuery) -> int:
        """Return how many files pass the filters of `query`; its page does not count."""
        ...


class Batches(Protocol):
    """The part of the catalog that does many operations on files at once."""

    async def apply_batch(self, operations: Sequence[Operation], claim: KeyClaim | None = None) -> list[Outcome]:
        """Do the operations, one after the other, in one transaction, and return the outcome of each.

        Each does what the call of `Files` for it does, to the state that those before it left. What that call would
        refuse is the operation's outcome, leaves nothing of it, and does not undo the others.
        Finishes the `claim`, see `IdempotencyKeys`, with a `DoneChunk`.
        Raises `UnavailableError`; no operation was done then, unless it is `OutcomeUnknownError`.
        """
        ...


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


class Audit(Protocol):
    """The part of the catalog that is compared with the store and with itself, and put right, while others use it."""

    async def blob_records(self, *, after: str | None, limit: int) -> list[BlobRecord]:
        """Return up to `limit` records of blobs whose keys come after `after` in the order of `place`, in that order.

        Each page is of one moment.
        """
        ...

    async def blob_records_of(self, keys: Sequence[str]) -> dict[str, BlobRecord]:
        """Return the records of those of the blobs that the catalog knows, by key, all of one moment."""
        ...

    async def miscounted_usage(self) -> list[Miscount]:
        """Return the buckets, sorted by name, whose usage is not the sum of their files, all of one moment."""
        ...

    async def recount_usage(self) -> int:
        """Make the usage of every bucket the sum of its files, and return for how many it was not."""
        ...

    async def recount_files(self, keys: Sequence[str]) -> int:
        """Make the file count of each of the blobs the number of its files, and return for how many it was not.

        A blob without files is condemned for the whole grace; one that has files after all is live.
        """
        ...


class Jobs(Protocol):
    """The part of the catalog that keeps jobs and does them, step by step. All time is the catalog's clock.

    Times in seconds.
    """

    async def create_job(self, task: Task, claim: KeyClaim | None = None) -> Job:
        """Queue a job, which covers the files that are there now.

        Finishes the `claim`, see `IdempotencyKeys`. Raises `NoSuchBucketError`, `OutcomeUnknownError`.
        """
        ...

    async def job(self, id: UUID) -> Job:
        """Return the job. Raises `NoSuchJobError`."""
        ...

    async def jobs(self, *, after: JobPlace | None, limit: int) -> list[Job]:
        """Return up to `limit` jobs that come after the place, the newest first."""
        ...

    async def end_job(self, id: UUID) -> Job | None:
        """Cancel the job and return it, or forget one that has ended and return None. No step is made after it.

        Raises `NoSuchJobError`, `OutcomeUnknownError`.
        """
        ...

    async def claim_job(self, *, lease: float) -> JobClaim | None:
        """Claim the job that has waited longest, for `lease`; no two claims of one hold at once. None: none waits.

        A job that was claimed `MAX_ATTEMPTS` times in a row with no step made has failed, and is not claimed.
        """
        ...

    async def advance_job(self, claim: JobClaim, *, lease: float, limit: int) -> Job | None:
        """Make a step: go on to the next `limit` files by name, and do the task on those that the job covers.

        What is done and how far the job is are one transaction. Claims the job for `lease` anew, or ends it behind
        the last file. Returns it, or None where the claim does not hold any more: the job was cancelled, or claimed
        by another. After `OutcomeUnknownError` another step may be made, which goes on from where the job is.
        """
        ...

    async def release_job(self, claim: JobClaim) -> None:
        """Give a claim up, if it still holds, so that the job waits behind those that do. No attempt is counted."""
        ...

    async def forget_jobs(self, *, age: float, limit: int) -> int:
        """Forget up to `limit` jobs that ended at least `age` ago, and return how many there were."""
        ...


class Archives(Protocol):
    """The part of the catalog that tells what goes into an archive. Each call sees all files at one moment."""

    async def list_members(self, query: FileQuery) -> list[Member]:
        """Return the files that `Files.list_files` returns for `query`, as members."""
        ...

    async def find_members(self, ids: Sequence[UUID]) -> list[Member]:
        """Return those of the files that exist, in any order. No id stands twice."""
        ...


class IdempotencyKeys(Protocol):
    """The part of the catalog that keeps idempotency keys, each its caller's own. Times in seconds, by its own clock.

    A claim holds its key until it has finished or is given up, or until another claim takes the key after its lease.
    A change that is made with a claim finishes it: its result is recorded in the transaction of the change, for the
    claim's `ttl` from then. Where the claim has finished, or does not hold any more, the change raises
    `LeaseLostError` and does nothing: of all claims to a key, one makes one change.
    """

    async def claim_key(self, claim: KeyClaim, fingerprint: str, *, lease: float) -> KeyRecord | None:
        """Claim the key for a request, until `lease` from now. Durable when it returns.

        Returns None if the claim holds, else the record that is in its way: one of another fingerprint, one whose
        lease has not ended, or one that has finished. A key is free again when its record has expired.
        """
        ...

    async def renew_claims(self, claims: Sequence[KeyClaim], *, lease: float) -> None:
        """Let those of the claims that hold do so until `lease` from now."""
        ...

    async def give_up_claim(self, claim: KeyClaim) -> None:
        """Free the key, if the claim holds; a change that is being made with it ends first, or will do nothing."""
        ...

    async def forget_keys(self, *, limit: int) -> int:
        """Remove up to `limit` records that have expired, and return how many there were."""
        ...


class DirectUploads(Protocol):
    """The part of the catalog that keeps direct uploads. All time is the catalog's clock, in seconds.

    An upload is kept for as long as its staging blob is on record: until its lease and its grace are over and its
    bytes are gone.
    """

    async def open_direct_upload(
        self, new: NewDirectUpload, claim: KeyClaim | None = None, *, life: float, lease: float
    ) -> DirectUpload:
        """Record an upload that stays open for `life`, and lease its staged blob for `lease` from now.

        Finishes the `claim`, see `IdempotencyKeys`. Raises `LeaseLostError` where the blob is not staged.
        """
        ...

    async def direct_upload(self, id: UUID) -> DirectUpload:
        """Return the upload. Raises `NoSuchDirectUploadError`."""
        ...

    async def direct_uploads(self, *, after: UUID | None, limit: int) -> list[DirectUpload]:
        """Return up to `limit` uploads that are open or completing, those after `after`, in the order of their ids."""
        ...

    async def claim_direct_upload(self, id: UUID, key: str) -> DirectUpload:
        """Claim the completion of an open upload for the staged blob `key`, and forget its last failure.

        The claim holds while that blob is staged and leased: until then, the upload is completing. Returns the upload
        as it was before, so it is claimed if that was open. Raises `NoSuchDirectUploadError`.
        """
        ...

    async def commit_direct_upload(self, id: UUID, blob: Blob) -> Stored:
        """Make the upload a file on the blob that it was claimed for, in one transaction.

        The file is committed as `commit_file` commits it, as declared when the upload was opened, and the upload is
        completed. It may have expired since it was claimed. Idempotent, as `commit_file` is. Raises
        `NoSuchDirectUploadError`, `DirectUploadEndedError`, `LeaseLostError` where the claim is another's, and all that
        `commit_file` does.
        """
        ...

    async def fail_direct_upload(self, id: UUID, key: str, failure: Failure, *, ended: bool) -> None:
        """Record why the completion that was claimed for `key` failed; `ended` has the upload fail for good.

        Nothing happens where the claim is another's by now, or the upload not open.
        """
        ...

    async def abort_direct_upload(self, id: UUID) -> DirectUpload:
        """Have an upload that is open or completing become no file, and return it as it was before.

        Raises `NoSuchDirectUploadError`.
        """
        ...


class Catalog(Buckets, Files, Batches, Blobs, Audit, Jobs, Archives, IdempotencyKeys, DirectUploads, Uploads, Protocol):
    """Keeps buckets, files, blobs, uploads, jobs and idempotency keys.

    Each call is one transaction, or none; it holds no resource after it returns.
    """

    async def check(self) -> None:
        """Return if the catalog answers, else raise `CatalogUnavailableError` or `CatalogBusyError`."""
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
        """Yield all bytes that are stored, once each, in the order of `place`.

        What is put or deleted meanwhile may be told or not. What is not under a blob key is not told.
        """
        ...

    def list_unfinished(self) -> AsyncIterator[str]:
        """Yield each key that has temporary files, multipart uploads or pieces, those of writes that go on included."""
        ...

    async def size_of(self, key: str) -> int:
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

    async def uploaded_parts(self, key: str, multipart_id: str) -> list[UploadedPart] | None:
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

    def take_over(self, progress: Progress) -> Progress:
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


class SecretSource(Protocol):
    """Keeps secrets, and may rotate them at any time."""

    async def secret(self, id: str) -> str:
        """Return the current text of the secret. Raises `SecretUnavailableError`."""
        ...


class Clock(Protocol):
    """Tells how time passes. What time it is, the catalog decides: its clock is the same for all replicas."""

    def monotonic(self) -> float:
        """Return seconds since some moment, never going back."""
        ...
