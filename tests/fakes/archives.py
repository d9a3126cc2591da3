"""Members of archives in memory."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from msgspec.structs import replace

from domain.archives.model import Member
from domain.files.model import File
from domain.files.search.model import FileQuery
from tests.fakes.database import FakeDatabase
from tests.fakes.search import page


class FakeArchives:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    async def list_members(self, query: FileQuery) -> list[Member]:
        self._database.reach()
        return [self._member(file) for file in page(self._database.unexpired_files(), query)]

    async def find_members(self, ids: Sequence[UUID]) -> list[Member]:
        self._database.reach()
        return [self._member(file) for file in self._database.unexpired_files() if file.id in ids]

    async def keep_checksums(self, checksums: Mapping[str, int]) -> None:
        self._database.reach()
        for key, crc32 in checksums.items():
            row = self._database.blobs.get(key)
            if row is not None and row.blob is not None:
                row.blob = replace(row.blob, crc32=crc32)

    def _member(self, file: File) -> Member:
        blob = self._database.blobs[file.blob_key].blob
        return Member(
            id=file.id,
            bucket=file.bucket,
            name=file.name,
            size=file.size,
            blob_key=file.blob_key,
            revision=file.revision,
            updated_at=file.updated_at,
            crc32=None if blob is None else blob.crc32,
        )
