"""The catalog's counts and their repair, in memory."""

import hashlib
from collections.abc import Sequence

from domain.blobs.model import BlobRecord, InlineRecord, listing_order
from domain.maintenance.model import Miscount, OrphanedReservation
from tests.fakes.database import FakeDatabase


class FakeCatalogIntegrity:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    async def list_blob_records(self, *, after: str | None, limit: int) -> list[BlobRecord]:
        self._database.reach()
        keys = (
            key
            for key in self._database.blobs
            if self._database.content(key) is None and (after is None or listing_order(key) > listing_order(after))
        )
        return [self._record(key) for key in sorted(keys, key=listing_order)[:limit]]

    async def list_inline_records(self, *, after: str | None, limit: int, hashed: bool) -> list[InlineRecord]:
        self._database.reach()
        found = []
        for key in sorted(self._database.blobs):
            content = self._database.content(key)
            if content is not None and key > (after or ""):
                sha256 = hashlib.sha256(content).hexdigest() if hashed else None
                found.append(InlineRecord(record=self._record(key), actual_size=len(content), actual_sha256=sha256))
        return found[:limit]

    async def get_blob_records(self, keys: Sequence[str]) -> dict[str, BlobRecord]:
        self._database.reach()
        return {key: self._record(key) for key in keys if key in self._database.blobs}

    async def find_miscounted_usage(self) -> list[Miscount]:
        self._database.reach()
        miscounts = [
            Miscount(bucket=name, counted=self._database.counted_usage(name), actual=self._database.actual_usage(name))
            for name in sorted(self._database.buckets)
        ]
        return [each for each in miscounts if each.counted != each.actual]

    async def recount_usage(self) -> int:
        wrong = await self.find_miscounted_usage()
        self._database.usage_errors.clear()
        return len(wrong)

    async def find_orphaned_reservations(self, *, ended_for: float) -> list[OrphanedReservation]:
        self._database.reach()
        return [
            OrphanedReservation(key=key, bucket=room.bucket, bytes=room.bytes, files=room.files)
            for key, room in self._database.orphaned_rooms(ended_for)
        ]

    async def recount_files(self, keys: Sequence[str]) -> int:
        self._database.reach()
        wrong = [key for key in keys if self._database.count_errors.pop(key, 0)]
        for key in wrong:
            row = self._database.blobs[key]
            row.epoch += 1
            if self._database.files_on(key):
                row.state, row.due_at, row.lease_until = "live", None, None
            else:
                self._database.condemn(row)
        return len(wrong)

    def _record(self, key: str) -> BlobRecord:
        row, files = self._database.blobs[key], self._database.files_on(key)
        return BlobRecord(
            key=key,
            state=row.state,
            size=row.blob.size if row.blob else None,
            sha256=row.blob.sha256 if row.blob else None,
            file_count=files + self._database.count_errors.get(key, 0),
            files=files,
        )


class FakeCatalogHealth:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    async def check(self) -> None:
        self._database.reach()
