"""The ports of archives; `tests/contracts` checks their contracts."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from domain.archives.model import Member
from domain.files.search.model import FileQuery


class Archives(Protocol):
    """The part of the catalog that tells what goes into an archive. Each call sees all files at one moment."""

    async def list_members(self, query: FileQuery) -> list[Member]:
        """Return the files that `Files.list_files` returns for `query`, as members."""
        ...

    async def find_members(self, ids: Sequence[UUID]) -> list[Member]:
        """Return those of the files that exist, in any order. No id stands twice."""
        ...
