"""Direct uploads in memory."""

from uuid import UUID

from msgspec.structs import replace

from domain.access.visibility import Visibility
from domain.audit.model import ChangeAction
from domain.blobs.model import Blob
from domain.direct_uploads.errors import DirectUploadEndedError, no_such_direct_upload
from domain.direct_uploads.model import DirectUpload, Failure, NewDirectUpload
from domain.errors import FileportError, LeaseLostError
from domain.files.model import Stored
from domain.idempotency.model import KeyClaim
from domain.values.ids import new_id
from tests.fakes.database import DirectUploadRow, FakeDatabase
from tests.fakes.files import FakeFiles
from tests.fakes.idempotency import check_claim, finish_claim


class FakeDirectUploads:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database
        self._files = FakeFiles(database)

    async def open_direct_upload(
        self, new: NewDirectUpload, claim: KeyClaim | None = None, *, life: float, lease: float
    ) -> DirectUpload:
        self._database.reach()
        check_claim(self._database, claim)
        if not self._is_staged(new.key):
            raise LeaseLostError("The upload's lease has ended.")
        self._database.blobs[new.key].lease_until = self._database.clock.in_(lease)
        upload = DirectUpload(
            id=new_id(),
            file=new.file,
            size=new.file.size or 0,
            part_size=new.part_size,
            key=new.key,
            multipart_id=new.multipart_id,
            owner=new.owner,
            state="open",
            file_id=None,
            failure=None,
            created_at=self._database.clock.now(),
            expires_at=self._database.clock.in_(life),
        )
        self._database.direct_uploads[upload.id] = DirectUploadRow(upload=upload)
        self._record("direct_upload.begin", upload)
        finish_claim(self._database, claim, upload)
        return upload

    async def get_direct_upload(self, id: UUID) -> DirectUpload:
        self._database.reach()
        row = self._database.direct_uploads.get(id)
        # It goes with its staging blob.
        if row is None or row.upload.key not in self._database.blobs:
            raise no_such_direct_upload()
        if row.upload.state != "open":
            return row.upload
        if self._database.is_leased(row.final_key):
            return replace(row.upload, state="completing")
        is_expired = self._database.clock.has_passed(row.upload.expires_at)
        return replace(row.upload, state="expired") if is_expired else row.upload

    async def list_direct_uploads(
        self, visibility: Visibility, *, after: UUID | None, limit: int
    ) -> list[DirectUpload]:
        self._database.reach()
        rows = self._database.direct_uploads.items()
        known = sorted(id for id, row in rows if row.upload.key in self._database.blobs)
        uploads = [await self.get_direct_upload(id) for id in known if after is None or id > after]
        shown = (each for each in uploads if visibility.shows(each.owner, each.file.bucket, each.file.name))
        return [each for each in shown if each.state in {"open", "completing"}][:limit]

    async def claim_direct_upload(self, id: UUID, key: str) -> DirectUpload:
        upload = await self.get_direct_upload(id)
        if upload.state == "open":
            row = self._database.direct_uploads[id]
            row.final_key, row.upload = key, replace(upload, failure=None)
        return upload

    async def commit_direct_upload(self, id: UUID, blob: Blob, content_type: str | None = None) -> Stored:
        upload = await self.get_direct_upload(id)
        row = self._database.direct_uploads[id]
        if row.final_key != blob.key:
            raise LeaseLostError("Another completion of the upload has taken over.")
        if upload.file_id is not None:
            found = await self._files.get_file(upload.file_id)
            return Stored(file=found, created=found.revision == 1)
        if upload.state in {"aborted", "failed"}:
            raise DirectUploadEndedError("The upload has ended.")
        file = replace(upload.file, content_type=content_type or upload.file.content_type)
        staging = self._database.blobs[upload.key]
        room, staging.room = staging.room, None
        try:
            stored = await self._files.commit_file(file, blob)
        except FileportError:
            staging.room = room
            raise
        row.upload = replace(row.upload, state="completed", file_id=stored.file.id)
        return stored

    async def fail_direct_upload(self, id: UUID, key: str, failure: Failure, *, ended: bool) -> None:
        self._database.reach()
        row = self._database.direct_uploads[id]
        if row.final_key == key and row.upload.state == "open":
            row.upload = replace(row.upload, failure=failure, state="failed" if ended else "open")
            if ended:
                self._database.blobs[row.upload.key].room = None

    async def abort_direct_upload(self, id: UUID) -> DirectUpload:
        upload = await self.get_direct_upload(id)
        if upload.state in {"open", "completing"}:
            row = self._database.direct_uploads[id]
            row.upload = replace(row.upload, state="aborted")
            self._record("direct_upload.end", upload)
            self._database.blobs[upload.key].room = None
        return upload

    def _record(self, action: ChangeAction, upload: DirectUpload) -> None:
        self._database.record(action, bucket=upload.file.bucket, name=upload.file.name, subject=upload.id)

    def _is_staged(self, key: str) -> bool:
        return key in self._database.blobs and self._database.blobs[key].state == "staged"
