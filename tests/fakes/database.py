"""The tables that the fakes of the catalog's ports share, in memory."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec

from domain.access.acting import acting
from domain.access.callers import Caller
from domain.audit.model import AuditEntry, ChangeAction
from domain.blobs.model import Blob, BlobPart, BlobState
from domain.buckets.errors import no_such_bucket
from domain.buckets.model import DEFAULT_BUCKET, Policy, Usage
from domain.direct_uploads.model import DirectUpload
from domain.errors import CatalogUnavailableError
from domain.files.errors import no_such_file
from domain.files.model import File, Location
from domain.jobs.model import Job
from domain.keys.model import Key
from domain.keys.sealed import KeptSecret
from domain.links.model import Link
from domain.multipart.model import MultipartUpload, Part
from domain.uploads.model import Upload
from tests.fakes.clock import FakeClock

CATALOG_DOWN = CatalogUnavailableError("The catalog does not answer.")


class BucketRow(msgspec.Struct):
    policy: Policy
    created_at: datetime
    labels: dict[str, str] = {}


class RoomRow(msgspec.Struct):
    """Room that is reserved in a bucket with a quota."""

    bucket: str
    bytes: int
    files: int


class BlobRow(msgspec.Struct):
    state: BlobState
    lease_until: datetime | None = None
    due_at: datetime | None = None
    epoch: int = 0
    blob: Blob | None = None
    room: RoomRow | None = None
    parts: tuple[BlobPart, ...] = ()


class KeyRow(msgspec.Struct):
    fingerprint: str
    holder: UUID
    lease_until: datetime | None
    expires_at: datetime
    result: object = None


class ApiKeyRow(msgspec.Struct):
    """A key, and its kept secrets with the times when they end."""

    key: Key
    secrets: dict[int, tuple[KeptSecret, datetime | None]]


class JobRow(msgspec.Struct):
    job: Job
    due_at: datetime
    position: str = ""
    epoch: int = 0
    attempts: int = 0


class UploadRow(msgspec.Struct):
    """An upload and its lock; the lock's state in `upload` itself is not kept."""

    upload: Upload
    epoch: int = 0
    held_until: datetime | None = None
    is_release_requested: bool = False


class PartRow(msgspec.Struct):
    """A part that has begun, and the part itself once its bytes are there."""

    begun_size: int
    part: Part | None = None


class MultipartRow(msgspec.Struct):
    """A multipart upload, its parts, and the key of the blob that its completion was claimed for."""

    upload: MultipartUpload
    parts: dict[int, PartRow]
    claim_key: str = ""


class LinkRow(msgspec.Struct):
    link: Link
    token_hash: bytes


class LinkAddressRow(msgspec.Struct):
    """What is known of an address that a link was used from."""

    used_at: datetime | None = None
    attempted_at: tuple[datetime, ...] = ()


class DirectUploadRow(msgspec.Struct):
    """A direct upload, and the key of the blob that its completion has claimed."""

    upload: DirectUpload
    final_key: str = ""


def month_of(time: datetime) -> int:
    """Return the number of the month in UTC, counted from the year 0."""
    utc = time.astimezone(UTC)
    return utc.year * 12 + utc.month - 1


class FakeDatabase:
    """Keeps the catalog's tables in dictionaries, for a fake a port.

    No call of a fake awaits anything, so each is a transaction by itself. `fail_with` makes every call raise, as a
    database that is down does. A count of a damaged catalog is kept as its error: `usage_errors` by bucket,
    `count_errors` by blob key.
    """

    def __init__(self, clock: FakeClock | None = None, *, grace: float = 0.0) -> None:
        self.clock = clock or FakeClock()
        self._initial_grace = grace
        self.reset()

    def reset(self) -> None:
        """Empty every table but the one of buckets, which keeps `default`."""
        self.grace = self._initial_grace
        self.fail_with: Exception | None = None
        self.buckets = {DEFAULT_BUCKET: BucketRow(policy=Policy(), created_at=self.clock.now())}
        self.files: dict[UUID, File] = {}
        self.blobs: dict[str, BlobRow] = {}
        self.keys: dict[tuple[str, str], KeyRow] = {}
        self.api_keys: dict[UUID, ApiKeyRow] = {}
        self.jobs: dict[UUID, JobRow] = {}
        self.uploads: dict[UUID, UploadRow] = {}
        self.direct_uploads: dict[UUID, DirectUploadRow] = {}
        self.multipart_uploads: dict[UUID, MultipartRow] = {}
        self.audit: list[AuditEntry] = []
        # The months that have a partition, counted from the year 0.
        month = month_of(self.clock.now())
        self.audit_partitions = set(range(month - 1, month + 4))
        self.links: dict[UUID, LinkRow] = {}
        self.link_addresses: dict[tuple[UUID, str], LinkAddressRow] = {}
        self.usage_errors: dict[str, Usage] = {}
        self.count_errors: dict[str, int] = {}

    def reach(self) -> None:
        """Raise the error that every call is to fail with."""
        if self.fail_with is not None:
            raise self.fail_with

    # Audit

    def record(
        self,
        action: ChangeAction,
        *,
        caller: Caller | None = None,
        bucket: str | None = None,
        file_id: UUID | None = None,
        name: str | None = None,
        subject: UUID | str | None = None,
    ) -> None:
        """Record a change by the caller, or by the one that acts."""
        caller = caller or acting.get()
        entry = AuditEntry(
            id=uuid4(),
            at=self.clock.now(),
            action=action,
            caller=caller.owner,
            address=caller.address,
            request_id=caller.request_id,
            bucket=bucket,
            file_id=file_id,
            name=name,
            subject=None if subject is None else str(subject),
        )
        self.audit.append(entry)

    def record_file(self, action: ChangeAction, file: File, *, caller: Caller | None = None) -> None:
        self.record(action, caller=caller, bucket=file.bucket, file_id=file.id, name=file.name)

    # Buckets

    def bucket(self, name: str) -> BucketRow:
        if name not in self.buckets:
            raise no_such_bucket(name)
        return self.buckets[name]

    def actual_usage(self, bucket: str) -> Usage:
        sizes = [file.size for file in self.files.values() if file.bucket == bucket]
        return Usage(bytes=sum(sizes), files=len(sizes))

    def counted_usage(self, bucket: str) -> Usage:
        actual, error = self.actual_usage(bucket), self.usage_errors.get(bucket, Usage())
        return Usage(bytes=actual.bytes + error.bytes, files=actual.files + error.files)

    def usage(self, bucket: str) -> Usage:
        """Return the counts, less the files that have expired and that no reaper has seen."""
        counted = self.counted_usage(bucket)
        sizes = [file.size for file in self.files.values() if file.bucket == bucket and self.is_expired(file)]
        return Usage(bytes=counted.bytes - sum(sizes), files=counted.files - len(sizes))

    def taken(self, bucket: str, *, without: str = "") -> Usage:
        """Return what files and reservations take of the bucket's quota, but for that of the blob `without`."""
        usage = self.usage(bucket)
        rooms = [
            row.room
            for key, row in self.blobs.items()
            if key != without and row.state == "staged" and not self.clock.has_passed(row.lease_until) and row.room
        ]
        rooms = [room for room in rooms if room.bucket == bucket]
        return Usage(
            bytes=usage.bytes + sum(room.bytes for room in rooms),
            files=usage.files + sum(room.files for room in rooms),
        )

    def orphaned_rooms(self, ended_for: float) -> list[tuple[str, RoomRow]]:
        """Return the reservations of direct uploads that have ended, or expired `ended_for` ago, by staging blob."""
        end = self.clock.in_(-ended_for)
        orphaned = []
        for row in self.direct_uploads.values():
            upload, staging, final = row.upload, self.blobs.get(row.upload.key), self.blobs.get(row.final_key)
            is_completing = (
                final is not None and final.state == "staged" and not self.clock.has_passed(final.lease_until)
            )
            has_ended = upload.state != "open" or (upload.expires_at <= end and not is_completing)
            if has_ended and staging is not None and staging.state == "staged" and staging.room is not None:
                orphaned.append((upload.key, staging.room))
        return sorted(orphaned, key=lambda each: each[0])

    # Files

    def is_expired(self, file: File) -> bool:
        return self.clock.has_passed(file.expires_at)

    def unexpired_files(self) -> list[File]:
        return [file for file in self.files.values() if not self.is_expired(file)]

    def file_named(self, bucket: str, name: str) -> File | None:
        return next((file for file in self.unexpired_files() if (file.bucket, file.name) == (bucket, name)), None)

    def file_found(self, address: Location) -> File:
        """Return the file of the first of the forms that there is."""
        for form in address.forms:
            if file := self.file_named(address.bucket, form):
                return file
        raise no_such_file()

    def remove_file(self, id: UUID, action: ChangeAction, *, caller: Caller | None = None) -> None:
        file = self.files.pop(id)
        self.record_file(action, file, caller=caller)
        self.condemn_unless_shared(file.blob_key)

    # Blobs

    def files_on(self, key: str) -> int:
        """Return the number of files on the blob."""
        return sum(file.blob_key == key for file in self.files.values())

    def condemn(self, row: BlobRow, *, grace: float | None = None) -> None:
        row.state = "condemned"
        row.lease_until = None
        row.due_at = self.clock.in_(self.grace if grace is None else grace)

    def is_leased(self, key: str) -> bool:
        """Tell whether the blob is staged, and its lease holds."""
        row = self.blobs.get(key)
        return row is not None and row.state == "staged" and not self.clock.has_passed(row.lease_until)

    def condemn_unless_shared(self, key: str) -> None:
        if not self.files_on(key):
            self.condemn(self.blobs[key])

    def content(self, key: str) -> bytes | None:
        """Return the bytes of an inline blob."""
        row = self.blobs.get(key)
        return row.blob.content if row is not None and row.blob is not None else None

    # Damage

    async def miscount_usage(self, bucket: str, error: Usage) -> None:
        self.usage_errors[bucket] = error

    async def miscount_files(self, key: str, error: int) -> None:
        """Make the file count of a live blob wrong by `error`; at 0, the blob is condemned as well."""
        self.count_errors[key] = error
        if self.files_on(key) + error == 0:
            self.condemn(self.blobs[key])

    async def lose_files(self, key: str) -> None:
        """Remove a live blob's files, and neither count nor condemn anything."""
        lost = [file.id for file in self.files.values() if file.blob_key == key]
        self.count_errors[key] = len(lost)
        for id_ in lost:
            del self.files[id_]
