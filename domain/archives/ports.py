"""The port of archives; `tests/contracts` checks its contract."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from domain.archives.model import Member
from domain.files.search.model import FileQuery


class Archives(Protocol):
    """Finds the members of archives. Each call sees all files at one moment."""

    async def list_members(self, query: FileQuery) -> list[Member]:
        """Return the files that `FileSearch.list_files` returns for `query`, as members."""
        ...

    async def find_members(self, ids: Sequence[UUID]) -> list[Member]:
        """Return those of the files that exist, in any order. `ids` are distinct."""
        ...

    async def keep_checksums(self, checksums: Mapping[str, int]) -> None:
        """Record the CRC-32 of blobs, by their keys, for all files on them. Blobs that are forgotten are left out.

        Idempotent.
        """
        ...
