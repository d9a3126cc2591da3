"""Resumable uploads and their locks, in memory."""

from collections.abc import Sequence
from uuid import UUID

from msgspec.structs import replace

from domain.access.callers import Caller
from domain.access.visibility import Visibility
from domain.audit.model import ChangeAction
from domain.blobs.model import Blob
from domain.blobs.partials import Progress
from domain.errors import FileportError, LeaseLostError
from domain.files.model import NewFile, Stored
from domain.idempotency.model import KeyClaim
from domain.uploads.access import require_upload
from domain.uploads.errors import UploadExpiredError, no_such_upload
from domain.uploads.model import LockedUpload, LockState, NewUpload, Upload
from tests.fakes.access.quotas import FakeQuotas
from tests.fakes.blobs.records import FakeBlobRecords
from tests.fakes.database import FakeDatabase, UploadRow
from tests.fakes.files import FakeFiles
from tests.fakes.idempotency import check_claim, finish_claim


class FakeUploads:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database
        self._files = FakeFiles(database)
        self._blob_records = FakeBlobRecords(database)
        self._quotas = FakeQuotas(database)

    async def create_upload(
        self, new: NewUpload, claim: KeyClaim | None = None, *, id: UUID, blob_key: str, ttl: float
    ) -> Upload:
        check_claim(self._database, claim)
        await self._blob_records.reserve_blobs([blob_key], lease=ttl)
        if new.room is not None:
            try:
                await self._quotas.reserve_room(blob_key, new.room)
            except FileportError:
                del self._database.blobs[blob_key]
                raise
        upload = Upload(
            id=id,
            kind=new.kind,
            target=new.target and replace(new.target, size=None, digests=()),
            length=new.length,
            given=new.given,
            concat=new.concat,
            parts=new.parts,
            owner=new.owner,
            blob_key=blob_key,
            progress=None,
            is_finished=False,
            file_id=None,
            lock_state="free",
            is_release_requested=False,
            created_at=self._database.clock.now(),
            expires_at=self._database.clock.in_(ttl),
        )
        self._database.uploads[id] = UploadRow(upload=upload)
        self._record("upload.begin", upload)
        finish_claim(self._database, claim, upload)
        return upload

    async def get_upload(self, caller: Caller, id: UUID) -> Upload:
        self._database.reach()
        row = self._database.uploads.get(id)
        if row is not None:
            require_upload(caller, row.upload)
        return _find_upload(self._database, id)

    async def get_uploads(self, ids: Sequence[UUID]) -> dict[UUID, Upload]:
        self._database.reach()
        return {row.upload.id: _with_lock(self._database, row) for row in _unexpired(self._database, ids)}

    async def list_uploads(
        self, visibility: Visibility, *, bucket: str | None, after: UUID | None, limit: int
    ) -> list[Upload]:
        uploads = await self.get_uploads(list(self._database.uploads))
        found = [
            each
            for each in uploads.values()
            if not each.is_finished
            and visibility.shows(each.owner, *((each.target.bucket, each.target.name) if each.target else (None, None)))
            and (bucket is None or (each.target is not None and each.target.bucket == bucket))
            and (after is None or each.id > after)
        ]
        return sorted(found, key=lambda each: each.id)[:limit]

    async def list_unfinished_finals(self, part: UUID) -> list[UUID]:
        self._database.reach()
        uploads = (row.upload for row in self._database.uploads.values())
        return [each.id for each in uploads if part in each.parts and not each.is_finished]

    async def save_progress(self, id: UUID, epoch: int, progress: Progress, *, lease: float, ttl: float) -> None:
        row = _locked(self._database, id, epoch)
        if row.held_until is None or not await self._blob_records.renew_leases([row.upload.blob_key], lease=0):
            raise LeaseLostError("Another request has taken the upload over.")
        row.upload = replace(row.upload, progress=progress)
        row.held_until = self._database.clock.in_(lease)
        await _prolong(self._database, row, ttl)

    async def set_length(self, id: UUID, epoch: int, length: int) -> None:
        row = _locked(self._database, id, epoch)
        row.upload = replace(row.upload, length=length)

    async def finish_part(self, id: UUID, epoch: int) -> None:
        row = _locked(self._database, id, epoch)
        row.upload = replace(row.upload, is_finished=True)
        row.held_until = None

    async def finish_upload(self, id: UUID, epoch: int, new: NewFile, blob: Blob, *, kept: float) -> Stored:
        row = _locked(self._database, id, epoch)
        stored = await self._commit(row.upload.blob_key, new, blob)
        row.held_until = None
        end = self._database.clock.in_(kept)
        row.upload = replace(row.upload, is_finished=True, length=blob.size, file_id=stored.file.id, expires_at=end)
        for part in row.upload.parts:
            if (kept_part := self._database.uploads.get(part)) is not None:
                kept_part.upload = replace(kept_part.upload, expires_at=min(end, kept_part.upload.expires_at))
                await _lease_blob(self._database, kept_part)
        return stored

    async def _commit(self, own_key: str, new: NewFile, blob: Blob) -> Stored:
        own = self._database.blobs.get(own_key)
        if blob.key == own_key or own is None or own.state != "staged":
            return await self._files.commit_file(new, blob)
        room, own.room = own.room, None
        try:
            stored = await self._files.commit_file(new, blob)
        except FileportError:
            own.room = room
            raise
        self._database.condemn(own)
        return stored

    async def end_upload(self, id: UUID, epoch: int, *, at_once: bool) -> None:
        upload = _locked(self._database, id, epoch).upload
        await self._blob_records.release_blobs([upload.blob_key], at_once=at_once)
        del self._database.uploads[id]
        self._record("upload.end", upload)

    async def forget_uploads(self, *, kept: float, limit: int) -> int:
        self._database.reach()
        end = self._database.clock.in_(-kept)
        gone = [id_ for id_, row in self._database.uploads.items() if row.upload.expires_at <= end][:limit]
        for id_ in gone:
            del self._database.uploads[id_]
        return len(gone)

    def _record(self, action: ChangeAction, upload: Upload) -> None:
        bucket, name = (None, None) if upload.target is None else (upload.target.bucket, upload.target.name)
        self._database.record(action, bucket=bucket, name=name, subject=upload.id)


class FakeUploadLocks:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database
        self._blob_records = FakeBlobRecords(database)

    async def acquire_lock(self, id: UUID, *, lease: float, ttl: float) -> LockedUpload | None:
        self._database.reach()
        upload = _find_upload(self._database, id)
        row = self._database.uploads[id]
        if upload.lock_state == "held":
            return None
        if not upload.is_finished:
            if not await self._blob_records.renew_leases([upload.blob_key], lease=0):
                raise _expired()
            for each in _unexpired(self._database, [id, *upload.parts]):
                await _prolong(self._database, each, ttl)
        row.epoch += 1
        row.held_until = self._database.clock.in_(lease)
        row.is_release_requested = False
        return LockedUpload(
            upload=_with_lock(self._database, row), epoch=row.epoch, is_inherited=upload.lock_state == "left"
        )

    async def request_release(self, id: UUID) -> None:
        self._database.reach()
        if id in self._database.uploads:
            self._database.uploads[id].is_release_requested = True

    async def is_release_requested(self, id: UUID, epoch: int) -> bool:
        return _locked(self._database, id, epoch).is_release_requested

    async def renew_lock(self, id: UUID, epoch: int, *, lease: float) -> None:
        row = _locked(self._database, id, epoch)
        if row.held_until is None:
            raise LeaseLostError("Another request has taken the upload over.")
        row.held_until = self._database.clock.in_(lease)
        row.is_release_requested = False

    async def release_lock(self, id: UUID, epoch: int) -> None:
        self._database.reach()
        row = self._database.uploads.get(id)
        if row is not None and row.epoch == epoch:
            row.held_until, row.is_release_requested = None, False


def _find_upload(database: FakeDatabase, id: UUID) -> Upload:
    if id not in database.uploads:
        raise no_such_upload()
    upload = _with_lock(database, database.uploads[id])
    if database.clock.has_passed(upload.expires_at):
        raise _expired()
    return upload


def _unexpired(database: FakeDatabase, ids: Sequence[UUID]) -> list[UploadRow]:
    rows = [database.uploads[id_] for id_ in ids if id_ in database.uploads]
    return [row for row in rows if not database.clock.has_passed(row.upload.expires_at)]


def _locked(database: FakeDatabase, id: UUID, epoch: int) -> UploadRow:
    """Return the upload, unless its lock was acquired again since `epoch`."""
    database.reach()
    row = database.uploads.get(id)
    if row is None or row.epoch != epoch:
        raise LeaseLostError("Another request has taken the upload over.")
    return row


def _with_lock(database: FakeDatabase, row: UploadRow) -> Upload:
    lock_state: LockState = "free"
    if row.held_until is not None:
        lock_state = "left" if database.clock.has_passed(row.held_until) else "held"
    return replace(row.upload, lock_state=lock_state, is_release_requested=row.is_release_requested)


async def _prolong(database: FakeDatabase, row: UploadRow, ttl: float) -> None:
    row.upload = replace(row.upload, expires_at=max(row.upload.expires_at, database.clock.in_(ttl)))
    await _lease_blob(database, row)


async def _lease_blob(database: FakeDatabase, row: UploadRow) -> None:
    """Lease the upload's blob until the upload expires."""
    lease = (row.upload.expires_at - database.clock.now()).total_seconds()
    await FakeBlobRecords(database).renew_leases([row.upload.blob_key], lease=lease)


def _expired() -> UploadExpiredError:
    return UploadExpiredError("The upload was left alone for too long; begin another.")
