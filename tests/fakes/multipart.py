"""Multipart uploads in memory."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace

from domain.access.scopes import Scope
from domain.audit.model import ChangeAction
from domain.blobs.model import Blob, BlobPart
from domain.blobs.parts import place_of
from domain.errors import LeaseLostError
from domain.files.model import NewFile, Stored
from domain.multipart.errors import InvalidPartError, MultipartUploadBusyError, no_such_multipart_upload
from domain.multipart.model import (
    MultipartAddress,
    MultipartUpload,
    NewMultipartUpload,
    NewPart,
    Part,
    UploadsAfter,
)
from domain.quotas.model import Room
from domain.values.ids import new_id
from tests.fakes.access.quotas import FakeQuotas
from tests.fakes.database import FakeDatabase, MultipartRow, PartRow
from tests.fakes.files import FakeFiles


class FakeMultipartUploads:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database
        self._files = FakeFiles(database)
        self._quotas = FakeQuotas(database)

    async def open_upload(self, new: NewMultipartUpload, *, ttl: float) -> MultipartUpload:
        self._database.reach()
        self._lease([new.key], ttl)
        upload = MultipartUpload(
            id=new_id(),
            file=new.file,
            owner=new.owner,
            key=new.key,
            store_state=new.store_state,
            checksums=new.checksums,
            part_size=None,
            manifest=None,
            stored=None,
            created_at=self._database.clock.now(),
            expires_at=self._database.clock.in_(ttl),
        )
        self._database.multipart_uploads[upload.id] = MultipartRow(upload=upload, parts={})
        self._record("multipart_upload.begin", upload)
        return upload

    async def get_upload(self, address: MultipartAddress) -> MultipartUpload:
        self._database.reach()
        upload = self._row(address.id).upload
        if upload.address != address:
            raise no_such_multipart_upload()
        return upload

    async def list_uploads(
        self,
        areas: Sequence[Scope] | None,
        bucket: str,
        *,
        prefix: str = "",
        after: UploadsAfter | None = None,
        limit: int,
    ) -> list[MultipartUpload]:
        self._database.reach()
        found = [
            upload
            for upload in (row.upload for row in self._database.multipart_uploads.values())
            if upload.stored is None and not self._database.clock.has_passed(upload.expires_at)
            if upload.file.bucket == bucket and upload.file.name.startswith(prefix)
            if areas is None or any(area.has_bucket(bucket) and area.has_name(upload.file.name) for area in areas)
            if after is None or (upload.file.name, upload.id) > (after.name, after.id)
        ]
        return sorted(found, key=lambda upload: (upload.file.name, upload.id))[:limit]

    async def begin_part(self, id: UUID, number: int, size: int, *, only_equal: bool, makes_room: bool) -> int | None:
        self._database.reach()
        row = self._unfinished(id)
        before = msgspec.convert(msgspec.to_builtins(row), MultipartRow)
        if only_equal and number == 1 and size > 0 and row.upload.part_size is None:
            row.upload = replace(row.upload, part_size=size)
        is_first = number not in row.parts
        begun = row.parts.setdefault(number, PartRow(begun_size=size))
        if makes_room:
            begun.begun_size = max(begun.begun_size, size)
            total = sum(max(each.begun_size, each.part.size if each.part else 0) for each in row.parts.values())
            file = row.upload.file
            try:
                await self._quotas.reserve_room(row.upload.key, Room(bucket=file.bucket, name=file.name, size=total))
            except Exception:
                self._database.multipart_uploads[id] = before
                raise
        if not is_first:
            return None
        return place_of(number, size, row.upload.part_size) if only_equal else 0

    async def give_up_part(self, id: UUID, number: int) -> None:
        self._database.reach()
        row = self._database.multipart_uploads.get(id)
        if row is not None and number in row.parts and row.parts[number].part is None:
            del row.parts[number]

    async def put_part(self, id: UUID, part: NewPart, *, ttl: float) -> Part:
        self._database.reach()
        row = self._unfinished(id)
        if row.upload.manifest is not None:
            raise MultipartUploadBusyError("The upload is being completed.")
        if part.key is not None:
            self._lease([part.key], (row.upload.expires_at - self._database.clock.now()).total_seconds())
        former = row.parts.get(part.number)
        if former is not None and former.part is not None and former.part.key not in {None, part.key}:
            self._condemn([former.part.key])
        kept = Part(**msgspec.structs.asdict(part), modified_at=self._database.clock.now())
        if former is not None and former.part is not None and kept.modified_at <= former.part.modified_at:
            kept = replace(kept, modified_at=former.part.modified_at + timedelta(microseconds=1))
        row.parts[part.number] = PartRow(begun_size=part.size, part=kept)
        if row.upload.expires_at < self._database.clock.in_(0.9 * ttl):
            self._extend(row, ttl)
        return kept

    async def list_parts(self, id: UUID, *, after: int = 0, limit: int) -> list[Part]:
        self._database.reach()
        row = self._database.multipart_uploads.get(id)
        return [] if row is None else [part for part in _whole(row) if part.number > after][:limit]

    async def claim_completion(
        self, id: UUID, manifest: str, parts: Sequence[Part], key: str, *, ttl: float
    ) -> MultipartUpload:
        self._database.reach()
        row = self._row(id)
        if row.upload.stored is not None:
            return row.upload
        if self._database.is_leased(row.claim_key):
            raise MultipartUploadBusyError("The upload is being completed.")
        if row.upload.manifest not in {None, manifest}:
            raise InvalidPartError("The completion of the upload was begun with other parts.")
        kept = {part.number: part.modified_at for part in _whole(row)}
        for part in sorted(parts, key=lambda part: part.number):
            if kept.get(part.number) != part.modified_at:
                raise InvalidPartError("A part was replaced meanwhile.", number=part.number)
        before = row.upload
        row.upload, row.claim_key = replace(row.upload, manifest=manifest), key
        if row.upload.expires_at < self._database.clock.in_(ttl):
            self._extend(row, ttl)
        return before

    async def commit_upload(
        self, id: UUID, key: str, new: NewFile, blob: Blob, parts: Sequence[BlobPart], *, kept: float
    ) -> Stored:
        self._database.reach()
        row = self._row(id)
        if row.upload.stored is not None:
            return row.upload.stored
        if row.claim_key != key:
            raise LeaseLostError("Another completion of the upload has taken over.")
        stored = await self._files.commit_file(new, blob)
        self._database.blobs[blob.key].parts = tuple(parts)
        self._condemn([part.key for part in _whole(row)])
        expires_at = self._database.clock.in_(kept)
        row.upload, row.parts = replace(row.upload, stored=stored, expires_at=expires_at), {}
        return stored

    async def abort_upload(self, address: MultipartAddress) -> None:
        upload = await self.get_upload(address)
        row = self._unfinished(upload.id)
        self._condemn([upload.key, *(part.key for part in _whole(row))])
        del self._database.multipart_uploads[upload.id]
        self._record("multipart_upload.end", upload)

    async def forget_uploads(self, *, limit: int) -> int:
        self._database.reach()
        rows = self._database.multipart_uploads
        expired = [id for id, row in rows.items() if self._database.clock.has_passed(row.upload.expires_at)][:limit]
        for id_ in expired:
            del rows[id_]
        return len(expired)

    def _row(self, id: UUID) -> MultipartRow:
        row = self._database.multipart_uploads.get(id)
        if row is None or self._database.clock.has_passed(row.upload.expires_at):
            raise no_such_multipart_upload()
        return row

    def _unfinished(self, id: UUID) -> MultipartRow:
        row = self._row(id)
        if row.upload.stored is not None:
            raise no_such_multipart_upload()
        return row

    def _extend(self, row: MultipartRow, ttl: float) -> None:
        row.upload = replace(row.upload, expires_at=self._database.clock.in_(ttl))
        self._lease([key for key in (row.upload.key, *(part.key for part in _whole(row))) if key is not None], ttl)

    def _lease(self, keys: Sequence[str], seconds: float) -> None:
        for key in keys:
            row = self._database.blobs.get(key)
            if row is None or row.state != "staged":
                raise LeaseLostError("The upload's lease has ended.")
            row.lease_until = self._database.clock.in_(seconds)

    def _condemn(self, keys: Sequence[str | None]) -> None:
        for key in keys:
            row = self._database.blobs.get(key or "")
            if row is not None and row.state == "staged":
                self._database.condemn(row)
                row.epoch += 1

    def _record(self, action: ChangeAction, upload: MultipartUpload) -> None:
        self._database.record(action, bucket=upload.file.bucket, name=upload.file.name, subject=upload.id)


def _whole(row: MultipartRow) -> list[Part]:
    return [each.part for _, each in sorted(row.parts.items()) if each.part is not None]
