"""Resumable uploads in memory: a part of the fake catalog."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace

from domain.blobs.model import Blob
from domain.blobs.partials import Progress
from domain.errors import LeaseLostError
from domain.files.model import NewFile, Stored
from domain.idempotency.model import KeyClaim
from domain.uploads.errors import NoSuchUploadError, UploadExpiredError
from domain.uploads.model import LockedUpload, LockState, NewUpload, Upload
from tests.fakes.clock import FakeClock


class UploadRow(msgspec.Struct):
    """A row of the table; the `hold` and `is_release_requested` of its `upload` are not right."""

    upload: Upload
    epoch: int = 0
    held_until: datetime | None = None
    is_release_requested: bool = False


class FakeUploads(ABC):
    """Keeps uploads beside the other dictionaries of the fake catalog, whose rest it needs."""

    clock: FakeClock
    uploads: dict[UUID, UploadRow]

    @abstractmethod
    def reach(self) -> None: ...

    @abstractmethod
    def _check_claim(self, claim: KeyClaim | None) -> None: ...

    @abstractmethod
    def _finish(self, claim: KeyClaim | None, result: object) -> None: ...

    @abstractmethod
    async def commit_file(self, new: NewFile, blob: Blob) -> Stored: ...

    @abstractmethod
    async def reserve_blobs(self, keys: Sequence[str], *, lease: float) -> None: ...

    @abstractmethod
    async def renew_leases(self, keys: Sequence[str], *, lease: float) -> set[str]: ...

    @abstractmethod
    async def release_blobs(self, keys: Sequence[str], *, at_once: bool) -> None: ...

    async def create_upload(
        self, new: NewUpload, claim: KeyClaim | None = None, *, id: UUID, blob_key: str, ttl: float
    ) -> Upload:
        self._check_claim(claim)
        await self.reserve_blobs([blob_key], lease=ttl)
        target = new.target
        upload = Upload(
            id=id,
            kind=new.kind,
            target=target and replace(target, size=None, digests=()),
            length=new.length,
            given=new.given,
            parts=new.parts,
            blob_key=blob_key,
            progress=None,
            is_finished=False,
            file_id=None,
            lock_state="free",
            is_release_requested=False,
            created_at=self.clock.now(),
            expires_at=self.clock.now() + timedelta(seconds=ttl),
        )
        self.uploads[id] = UploadRow(upload=upload)
        self._finish(claim, upload)
        return upload

    async def get_upload(self, id: UUID) -> Upload:
        self.reach()
        if id not in self.uploads:
            raise NoSuchUploadError("There is no such upload.")
        upload = self._told(self.uploads[id])
        if upload.expires_at <= self.clock.now():
            raise UploadExpiredError("The upload was left alone for too long; begin another.")
        return upload

    async def get_uploads(self, ids: Sequence[UUID]) -> dict[UUID, Upload]:
        self.reach()
        rows = (self.uploads[id_] for id_ in ids if id_ in self.uploads)
        return {row.upload.id: self._told(row) for row in rows if row.upload.expires_at > self.clock.now()}

    async def list_uploads(self, *, bucket: str | None, after: UUID | None, limit: int) -> list[Upload]:
        open_ = (each for each in (await self.get_uploads(list(self.uploads))).values() if not each.is_finished)
        found = [
            each
            for each in open_
            if (bucket is None or (each.target is not None and each.target.bucket == bucket))
            and (after is None or each.id > after)
        ]
        return sorted(found, key=lambda each: each.id)[:limit]

    async def list_unfinished_finals(self, part: UUID) -> list[UUID]:
        self.reach()
        uploads = (row.upload for row in self.uploads.values())
        return [each.id for each in uploads if part in each.parts and not each.is_finished]

    async def acquire_lock(self, id: UUID, *, lease: float, ttl: float) -> LockedUpload | None:
        upload = await self.get_upload(id)
        row = self.uploads[id]
        if upload.lock_state == "held":
            return None
        if not upload.is_finished:
            if await self.renew_leases([upload.blob_key], lease=0) == set():
                raise UploadExpiredError("The upload was left alone for too long; begin another.")
            for each in await self.get_uploads([id, *upload.parts]):
                await self._prolong(self.uploads[each], ttl)
        row.epoch += 1
        row.held_until = self.clock.now() + timedelta(seconds=lease)
        row.is_release_requested = False
        return LockedUpload(upload=self._told(row), epoch=row.epoch, is_inherited=upload.lock_state == "left")

    async def request_release(self, id: UUID) -> None:
        self.reach()
        if id in self.uploads:
            self.uploads[id].is_release_requested = True

    async def is_release_requested(self, id: UUID, epoch: int) -> bool:
        return self._held(id, epoch).is_release_requested

    async def renew_lock(self, id: UUID, epoch: int, *, lease: float) -> None:
        row = self._held(id, epoch)
        if row.held_until is None:
            raise LeaseLostError("Another request has taken the upload over.")
        row.held_until = self.clock.now() + timedelta(seconds=lease)
        row.is_release_requested = False

    async def save_progress(self, id: UUID, epoch: int, progress: Progress, *, lease: float, ttl: float) -> None:
        row = self._held(id, epoch)
        if row.held_until is None or not await self.renew_leases([row.upload.blob_key], lease=0):
            raise LeaseLostError("Another request has taken the upload over.")
        row.upload = replace(row.upload, progress=progress)
        row.held_until = self.clock.now() + timedelta(seconds=lease)
        await self._prolong(row, ttl)

    async def set_length(self, id: UUID, epoch: int, length: int) -> None:
        row = self._held(id, epoch)
        row.upload = replace(row.upload, length=length)

    async def release_lock(self, id: UUID, epoch: int) -> None:
        self.reach()
        row = self.uploads.get(id)
        if row is not None and row.epoch == epoch:
            row.held_until, row.is_release_requested = None, False

    async def finish_part(self, id: UUID, epoch: int) -> None:
        row = self._held(id, epoch)
        row.upload = replace(row.upload, is_finished=True)
        row.held_until = None

    async def finish_upload(self, id: UUID, epoch: int, new: NewFile, blob: Blob, *, kept: float) -> Stored:
        row = self._held(id, epoch)
        stored = await self.commit_file(new, blob)
        row.held_until = None
        end = self.clock.now() + timedelta(seconds=kept)
        row.upload = replace(row.upload, is_finished=True, length=blob.size, file_id=stored.file.id, expires_at=end)
        for part in row.upload.parts:
            if (kept_part := self.uploads.get(part)) is not None:
                kept_part.upload = replace(kept_part.upload, expires_at=min(end, kept_part.upload.expires_at))
                await self.renew_leases(
                    [kept_part.upload.blob_key],
                    lease=(kept_part.upload.expires_at - self.clock.now()).total_seconds(),
                )
        return stored

    async def end_upload(self, id: UUID, epoch: int, *, at_once: bool) -> None:
        key = self._held(id, epoch).upload.blob_key
        await self.release_blobs([key], at_once=at_once)
        del self.uploads[id]

    async def forget_uploads(self, *, kept: float, limit: int) -> int:
        self.reach()
        end = self.clock.now() - timedelta(seconds=kept)
        gone = [id_ for id_, row in self.uploads.items() if row.upload.expires_at <= end][:limit]
        for id_ in gone:
            del self.uploads[id_]
        return len(gone)

    def _told(self, row: UploadRow) -> Upload:
        lock_state: LockState = "free"
        if row.held_until is not None:
            lock_state = "held" if row.held_until > self.clock.now() else "left"
        return replace(row.upload, lock_state=lock_state, is_release_requested=row.is_release_requested)

    def _held(self, id: UUID, epoch: int) -> UploadRow:
        self.reach()
        row = self.uploads.get(id)
        if row is None or row.epoch != epoch:
            raise LeaseLostError("Another request has taken the upload over.")
        return row

    async def _prolong(self, row: UploadRow, ttl: float) -> None:
        expires_at = max(row.upload.expires_at, self.clock.now() + timedelta(seconds=ttl))
        row.upload = replace(row.upload, expires_at=expires_at)
        await self.renew_leases([row.upload.blob_key], lease=(expires_at - self.clock.now()).total_seconds())
