"""The catalog kept in memory."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from msgspec.structs import replace

from domain.archives.model import Member
from domain.batches.chunks import done_chunk
from domain.batches.model import Operation, Outcome
from domain.blobs.model import Blob, BlobClaim, BlobRecord, listing_order
from domain.buckets.errors import BucketNotEmptyError, NoSuchBucketError
from domain.buckets.model import DEFAULT_BUCKET, Bucket, Policy, Usage
from domain.errors import LeaseLostError
from domain.files.errors import InvalidExpiryError, NameTakenError, NoSuchFileError
from domain.files.model import Address, Destination, File, NewFile, Stored
from domain.files.search.model import FileQuery
from domain.idempotency.model import KeyClaim
from domain.maintenance.model import Miscount
from domain.values.ids import new_id
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.fakes import archives as fake_archives
from tests.fakes import batches as fake_batches
from tests.fakes import search as fake_listing
from tests.fakes.clock import FakeClock
from tests.fakes.direct_uploads import BlobRow, FakeDirectUploads
from tests.fakes.idempotency import FakeIdempotencyKeys, KeyRow
from tests.fakes.jobs import FakeJobs, JobRow
from tests.fakes.uploads import FakeUploads, UploadRow


class FakeCatalog(FakeDirectUploads, FakeIdempotencyKeys, FakeJobs, FakeUploads):
    """Keeps the catalog's tables in dictionaries. No call awaits anything, so each is a transaction by itself.

    `fail_with` makes every call raise, as a database that is down does. What is never wrong but in a damaged catalog
    is kept as the error: `usage_errors` by bucket, `count_errors` by blob key.
    """

    def __init__(self, clock: FakeClock | None = None, *, grace: float = 0.0) -> None:
        self.clock = clock or FakeClock()
        self._first_grace = grace
        self.reset()

    def reset(self) -> None:
        super().reset()
        self.grace = self._first_grace
        self._buckets = {DEFAULT_BUCKET: (Policy(), self.clock.now())}
        self._files: dict[UUID, File] = {}
        self.keys: dict[tuple[str, str], KeyRow] = {}
        self.blobs = {}
        self.usage_errors: dict[str, Usage] = {}
        self.count_errors: dict[str, int] = {}
        self.job_rows: dict[UUID, JobRow] = {}
        self.uploads: dict[UUID, UploadRow] = {}
        self.fail_with: Exception | None = None

    # Buckets

    async def put_bucket(
        self,
        name: str,
        policy: Policy,
        claim: KeyClaim | None = None,
        *,
        precondition: Precondition = NO_PRECONDITION,
    ) -> tuple[Bucket, bool]:
        self.reach()
        self._check_claim(claim)
        created = name not in self._buckets
        precondition.check_untagged(exists=not created)
        created_at = self.clock.now() if created else self._buckets[name][1]
        self._buckets[name] = (policy, created_at)
        result = await self.get_bucket(name), created
        self._finish(claim, result)
        return result

    async def get_bucket(self, name: str) -> Bucket:
        self.reach()
        policy, created_at = self._find_bucket(name)
        return Bucket(
            name=name,
            policy=policy,
            created_at=created_at,
            usage=self._counted(name),
        )

    async def list_buckets(self, *, after: str | None, limit: int) -> list[Bucket]:
        self.reach()
        names = sorted(name for name in self._buckets if after is None or name > after)
        return [await self.get_bucket(name) for name in names[:limit]]

    async def delete_bucket(self, name: str, precondition: Precondition = NO_PRECONDITION) -> None:
        self.reach()
        self._find_bucket(name)
        precondition.check_untagged(exists=True)
        if any(file.bucket == name for file in self._unexpired()):
            raise BucketNotEmptyError(f"The bucket {name} holds files.")
        for file in [file for file in self._files.values() if file.bucket == name]:
            self._remove(file.id)
        del self._buckets[name]

    # Files

    async def commit_file(self, new: NewFile, blob: Blob, claim: KeyClaim | None = None) -> Stored:
        self.reach()
        row = self.blobs.get(blob.key)
        if row is None or row.state != "staged":
            for file in self._files.values():
                if file.blob_key == blob.key:
                    return Stored(file=file, created=file.revision == 1)
            raise LeaseLostError("The upload's lease has ended.")
        self._check_claim(claim)
        policy = self._find_bucket(new.bucket)[0]
        policy.admit(content_type=new.content_type, size=blob.size)
        replaced = self._named(new.bucket, new.name)
        new.precondition.check(replaced)
        await self._make_room(new.bucket, new.name, blob.size - (replaced.size if replaced else 0))
        now = self.clock.now()
        file = File(
            id=replaced.id if replaced else new_id(),
            bucket=new.bucket,
            name=new.name,
            content_type=new.content_type,
            size=blob.size,
            sha256=blob.sha256,
            blob_key=blob.key,
            metadata=_kept(new.metadata, replaced.metadata if replaced else {}),
            tags=_kept(new.tags, replaced.tags if replaced else ()),
            revision=replaced.revision + 1 if replaced else 1,
            created_at=replaced.created_at if replaced else now,
            updated_at=now,
            expires_at=now + timedelta(seconds=policy.default_ttl) if policy.default_ttl is not None else None,
        )
        self._files[file.id] = file
        self.blobs[blob.key] = BlobRow(state="live", blob=blob)
        if replaced:
            self._condemn_if_unshared(replaced.blob_key)
        stored = Stored(file=file, created=replaced is None)
        self._finish(claim, stored)
        return stored

    async def get_file(self, id: UUID) -> File:
        self.reach()
        file = self._files.get(id)
        if file is None or self._is_expired(file):
            raise NoSuchFileError("There is no such file.")
        return file

    async def get_file_by_name(self, bucket: str, name: str) -> File:
        self.reach()
        file = self._named(bucket, name)
        if file is None:
            raise NoSuchFileError("There is no such file.")
        return file

    async def get_file_with_policy(self, address: Address) -> tuple[File, Policy]:
        if isinstance(address, UUID):
            file = await self.get_file(address)
        else:
            file = await self.get_file_by_name(address.bucket, address.name)
        return file, self._find_bucket(file.bucket)[0]

    async def change_file(self, changed: File) -> File | None:
        self.reach()
        current = self._files.get(changed.id)
        if current is None or self._is_expired(current) or current.revision != changed.revision:
            return None
        if changed.expires_at != current.expires_at and self._is_expired(changed):
            raise InvalidExpiryError("expires_at is not in the future.")
        policy = self._find_bucket(changed.bucket)[0]
        moved = changed.bucket != current.bucket
        if moved or changed.content_type != current.content_type:
            policy.admit(content_type=changed.content_type, size=current.size if moved else None)
        await self._make_room(changed.bucket, changed.name, changed.size if moved else 0)
        self._refuse_taken(changed.bucket, changed.name, except_for=changed.id)
        file = replace(
            current,
            bucket=changed.bucket,
            name=changed.name,
            content_type=changed.content_type,
            metadata=changed.metadata,
            tags=changed.tags,
            expires_at=changed.expires_at,
            revision=current.revision + 1,
            updated_at=self.clock.now(),
        )
        self._files[file.id] = file
        return file

    async def copy_file(
        self, id: UUID, to: Destination, precondition: Precondition, claim: KeyClaim | None = None
    ) -> File:
        original = await self.get_file(id)
        self._check_claim(claim)
        precondition.check(original)
        bucket, name = to.bucket or original.bucket, to.name or original.name
        policy = self._find_bucket(bucket)[0]
        policy.admit(content_type=original.content_type, size=original.size)
        await self._make_room(bucket, name, original.size)
        self._refuse_taken(bucket, name)
        now = self.clock.now()
        copy = replace(
            original,
            id=new_id(),
            bucket=bucket,
            name=name,
            revision=1,
            created_at=now,
            updated_at=now,
            expires_at=now + timedelta(seconds=policy.default_ttl) if policy.default_ttl is not None else None,
        )
        self._files[copy.id] = copy
        self._finish(claim, copy)
        return copy

    async def delete_file(self, id: UUID, precondition: Precondition) -> None:
        precondition.check(await self.get_file(id))
        self._remove(id)

    async def expire_files(self, *, limit: int) -> int:
        self.reach()
        expired = [file.id for file in self._files.values() if self._is_expired(file)][:limit]
        for id_ in expired:
            self._remove(id_)
        return len(expired)

    async def list_files(self, query: FileQuery) -> list[File]:
        self.reach()
        return fake_listing.page(self._unexpired(), query)

    async def count_files(self, query: FileQuery) -> int:
        self.reach()
        return sum(fake_listing.passes(file, query) for file in self._unexpired())

    # Archives

    async def list_members(self, query: FileQuery) -> list[Member]:
        self.reach()
        return fake_archives.listed(self._unexpired(), query)

    async def find_members(self, ids: Sequence[UUID]) -> list[Member]:
        self.reach()
        return fake_archives.found(self._unexpired(), ids)

    # Batches

    async def apply_batch(self, operations: Sequence[Operation], claim: KeyClaim | None = None) -> list[Outcome]:
        self.reach()
        self._check_claim(claim)
        outcomes = await fake_batches.apply(self, operations)
        self._finish(claim, done_chunk(claim, outcomes))
        return outcomes

    # Blobs

    async def reserve_blobs(self, keys: Sequence[str], *, lease: float) -> None:
        self.reach()
        for key in keys:
            self.blobs[key] = BlobRow(state="staged", lease_until=self._in(lease))

    async def renew_leases(self, keys: Sequence[str], *, lease: float) -> set[str]:
        self.reach()
        staged = {key for key in keys if key in self.blobs and self.blobs[key].state == "staged"}
        for key in staged:
            self.blobs[key].lease_until = self._in(lease)
        return staged

    async def release_blobs(self, keys: Sequence[str], *, at_once: bool) -> None:
        self.reach()
        for key in keys:
            row = self.blobs.setdefault(key, BlobRow(state="staged"))
            if row.state == "live":
                continue
            due_at, claimed_until = row.due_at, row.lease_until if row.state == "condemned" else None
            self._condemn(row, 0 if at_once else self.grace)
            row.due_at = max(filter(None, (due_at, row.due_at)))
            row.lease_until = claimed_until
            row.epoch += 1

    async def condemn_lapsed(self, *, limit: int) -> int:
        self.reach()
        lapsed = [row for row in self.blobs.values() if row.state == "staged" and self._is_past(row.lease_until)]
        for row in lapsed[:limit]:
            self._condemn(row, self.grace)
        return len(lapsed[:limit])

    async def claim_condemned(self, *, limit: int, lease: float) -> list[BlobClaim]:
        self.reach()
        claims: list[BlobClaim] = []
        for key, row in self.blobs.items():
            free = row.lease_until is None or self._is_past(row.lease_until)
            if row.state == "condemned" and self._is_past(row.due_at) and free and len(claims) < limit:
                row.epoch += 1
                row.lease_until = self._in(lease)
                claims.append(BlobClaim(key=key, epoch=row.epoch, finished=row.blob is not None))
        return claims

    async def forget_blobs(self, claims: Sequence[BlobClaim]) -> int:
        self.reach()
        held = [claim for claim in claims if claim.key in self.blobs and self.blobs[claim.key].epoch == claim.epoch]
        for claim in held:
            del self.blobs[claim.key]
        return len(held)

    # Audit

    async def list_blob_records(self, *, after: str | None, limit: int) -> list[BlobRecord]:
        self.reach()
        keys = sorted(
            (key for key in self.blobs if after is None or listing_order(key) > listing_order(after)), key=listing_order
        )
        return [self._record(key) for key in keys[:limit]]

    async def get_blob_records(self, keys: Sequence[str]) -> dict[str, BlobRecord]:
        self.reach()
        return {key: self._record(key) for key in keys if key in self.blobs}

    async def find_miscounted_usage(self) -> list[Miscount]:
        self.reach()
        both = {name: (self._counted(name), self._actual(name)) for name in sorted(self._buckets)}
        return [
            Miscount(bucket=name, counted=counted, actual=actual)
            for name, (counted, actual) in both.items()
            if counted != actual
        ]

    async def recount_usage(self) -> int:
        wrong = await self.find_miscounted_usage()
        self.usage_errors.clear()
        return len(wrong)

    async def recount_files(self, keys: Sequence[str]) -> int:
        self.reach()
        wrong = [key for key in keys if self.count_errors.pop(key, 0)]
        for key in wrong:
            row = self.blobs[key]
            row.epoch += 1
            if self._sharers(key):
                row.state, row.due_at, row.lease_until = "live", None, None
            else:
                self._condemn(row, self.grace)
        return len(wrong)

    async def check(self) -> None:
        self.reach()

    # How it is damaged

    def miscount_files(self, key: str, error: int) -> None:
        """Count so many files too many on a live blob; at 0, it is condemned as well."""
        self.count_errors[key] = error
        if self._sharers(key) + error == 0:
            self._condemn(self.blobs[key], self.grace)

    def lose_files(self, key: str) -> None:
        """Remove a live blob's files, and neither count nor condemn anything."""
        lost = [file.id for file in self._files.values() if file.blob_key == key]
        self.count_errors[key] = len(lost)
        for id_ in lost:
            del self._files[id_]

    # How it is kept

    def reach(self) -> None:
        if self.fail_with is not None:
            raise self.fail_with

    def _is_expired(self, file: File) -> bool:
        return self._is_past(file.expires_at)

    def _unexpired(self) -> list[File]:
        return [file for file in self._files.values() if not self._is_expired(file)]

    def _find_bucket(self, name: str) -> tuple[Policy, datetime]:
        if name not in self._buckets:
            raise NoSuchBucketError(f"There is no bucket {name}.")
        return self._buckets[name]

    def _named(self, bucket: str, name: str) -> File | None:
        return next((file for file in self._unexpired() if (file.bucket, file.name) == (bucket, name)), None)

    def _counted(self, bucket: str) -> Usage:
        actual, error = self._actual(bucket), self.usage_errors.get(bucket, Usage())
        return Usage(bytes=actual.bytes + error.bytes, files=actual.files + error.files)

    def _actual(self, bucket: str) -> Usage:
        sizes = [file.size for file in self._files.values() if file.bucket == bucket]
        return Usage(bytes=sum(sizes), files=len(sizes))

    def _sharers(self, key: str) -> int:
        return sum(file.blob_key == key for file in self._files.values())

    def _record(self, key: str) -> BlobRecord:
        row, files = self.blobs[key], self._sharers(key)
        return BlobRecord(
            key=key,
            state=row.state,
            size=row.blob.size if row.blob else None,
            sha256=row.blob.sha256 if row.blob else None,
            file_count=files + self.count_errors.get(key, 0),
            files=files,
        )

    async def _make_room(self, bucket: str, name: str, added: int) -> None:
        """Let an expired file of that name go, if `added` bytes fit then."""
        expired = [file for file in self._files.values() if self._is_expired(file)]
        leaving = [file for file in expired if (file.bucket, file.name) == (bucket, name)]
        found = await self.get_bucket(bucket)
        found.policy.check_quota(used=found.usage.bytes - sum(file.size for file in leaving), added=added)
        for file in leaving:
            self._remove(file.id)

    def _refuse_taken(self, bucket: str, name: str, *, except_for: UUID | None = None) -> None:
        taken = self._named(bucket, name)
        if taken is not None and taken.id != except_for:
            raise NameTakenError("Another file has that name.")

    def _remove(self, id: UUID) -> None:
        self._condemn_if_unshared(self._files.pop(id).blob_key)

    def _condemn_if_unshared(self, key: str) -> None:
        if not self._sharers(key):
            self._condemn(self.blobs[key], self.grace)

    def _condemn(self, row: BlobRow, grace: float) -> None:
        row.state = "condemned"
        row.lease_until = None
        row.due_at = self._in(grace)


T = TypeVar("T")


def _kept(given: T | None, before: T) -> T:
    return before if given is None else given
