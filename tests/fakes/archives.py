"""Members of archives in memory."""

from collections.abc import Sequence
from uuid import UUID

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
        return [_member(file) for file in page(self._database.unexpired_files(), query)]

    async def find_members(self, ids: Sequence[UUID]) -> list[Member]:
        self._database.reach()
        return [_member(file) for file in self._database.unexpired_files() if file.id in ids]


def _member(file: File) -> Member:
    return Member(
        id=file.id,
        bucket=file.bucket,
        name=file.name,
        size=file.size,
        blob_key=file.blob_key,
        revision=file.revision,
        updated_at=file.updated_at,
    )
