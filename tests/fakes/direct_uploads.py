"""The part of the catalog that keeps direct uploads, in memory."""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec.structs import replace

from domain.blobs.model import Blob, BlobState
from domain.direct_uploads.errors import DirectUploadEndedError, NoSuchDirectUploadError
from domain.direct_uploads.model import DirectUpload, Failure, NewDirectUpload
from domain.errors import LeaseLostError
from domain.files.model import File, NewFile, Stored
from domain.idempotency.model import KeyClaim
from domain.values.ids import new_id
from tests.fakes.clock import FakeClock
from tests.fakes.idempotency import FakeIdempotencyKeys


class BlobRow(msgspec.Struct):
    """What the fake catalog knows of a blob."""

    state: BlobState
    lease_until: datetime | None = None
    due_at: datetime | None = None
    epoch: int = 0
    blob: Blob | None = None


class FakeDirectUploads(FakeIdempotencyKeys):
    """Keeps uploads in a dictionary, and with each the key of the blob that it is being completed to."""

    clock: FakeClock
    blobs: dict[str, BlobRow]

    def reset(self) -> None:
        self._uploads: dict[UUID, DirectUpload] = {}
        self._final_keys: dict[UUID, str] = {}

    async def open_direct_upload(
        self, new: NewDirectUpload, claim: KeyClaim | None = None, *, life: float, lease: float
    ) -> DirectUpload:
        self.reach()
        self._check_claim(claim)
        if not self._is_staged(new.key):
            raise LeaseLostError("The upload's lease has ended.")
        self.blobs[new.key].lease_until = self.clock.in_(lease)
        upload = DirectUpload(
            id=new_id(),
            file=new.file,
            size=new.file.size or 0,
            part_size=new.part_size,
            key=new.key,
            multipart_id=new.multipart_id,
            state="open",
            file_id=None,
            failure=None,
            created_at=self.clock.now(),
            expires_at=self.clock.in_(life),
        )
        self._uploads[upload.id] = upload
        self._finish(claim, upload)
        return upload

    async def get_direct_upload(self, id: UUID) -> DirectUpload:
        self.reach()
        upload = self._uploads.get(id)
        # It goes with its staging blob.
        if upload is None or upload.key not in self.blobs:
            raise NoSuchDirectUploadError("There is no such direct upload.")
        if upload.state != "open":
            return upload
        if self._is_leased(self._final_keys.get(id, "")):
            return replace(upload, state="completing")
        return replace(upload, state="expired") if upload.expires_at <= self.clock.now() else upload

    async def list_direct_uploads(self, *, after: UUID | None, limit: int) -> list[DirectUpload]:
        self.reach()
        known = [each.id for each in self._uploads.values() if each.key in self.blobs]
        uploads = [await self.get_direct_upload(id) for id in sorted(known) if after is None or id > after]
        return [each for each in uploads if each.state in {"open", "completing"}][:limit]

    async def claim_direct_upload(self, id: UUID, key: str) -> DirectUpload:
        upload = await self.get_direct_upload(id)
        if upload.state == "open":
            self._final_keys[id] = key
            self._uploads[id] = replace(upload, failure=None)
        return upload

    async def commit_direct_upload(self, id: UUID, blob: Blob) -> Stored:
        upload = await self.get_direct_upload(id)
        if self._final_keys.get(id) != blob.key:
            raise LeaseLostError("Another completion of the upload has taken over.")
        if upload.file_id is not None:
            file = await self.get_file(upload.file_id)
            return Stored(file=file, created=file.revision == 1)
        if upload.state in {"aborted", "failed"}:
            raise DirectUploadEndedError("The upload has ended.")
        stored = await self.commit_file(upload.file, blob)
        self._uploads[id] = replace(self._uploads[id], state="completed", file_id=stored.file.id)
        return stored

    async def fail_direct_upload(self, id: UUID, key: str, failure: Failure, *, ended: bool) -> None:
        self.reach()
        upload = self._uploads[id]
        if self._final_keys.get(id) == key and upload.state == "open":
            self._uploads[id] = replace(upload, failure=failure, state="failed" if ended else "open")

    async def abort_direct_upload(self, id: UUID) -> DirectUpload:
        upload = await self.get_direct_upload(id)
        if upload.state in {"open", "completing"}:
            self._uploads[id] = replace(self._uploads[id], state="aborted")
        return upload

    async def commit_file(self, new: NewFile, blob: Blob) -> Stored:
        raise NotImplementedError

    async def get_file(self, id: UUID) -> File:
        raise NotImplementedError

    def _is_staged(self, key: str) -> bool:
        return key in self.blobs and self.blobs[key].state == "staged"

    def _is_leased(self, key: str) -> bool:
        until = self.blobs[key].lease_until if self._is_staged(key) else None
        return until is not None and until > self.clock.now()
