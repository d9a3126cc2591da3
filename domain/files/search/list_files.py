"""List files by their records."""

import msgspec

from domain.files.search.model import FileQuery, Page, encode_cursor
from domain.files.search.ports import FileSearch


class ListFiles:
    """List a page of files, and count all of them if asked."""

    def __init__(self, search: FileSearch) -> None:
        self._search = search

    async def __call__(self, query: FileQuery, *, total: bool) -> Page:
        """Return the page that `query` describes, with the cursor of the next one."""
        files = await self._search.list_files(msgspec.structs.replace(query, limit=query.limit + 1))
        items = files[: query.limit]
        return Page(
            items=items,
            next=encode_cursor(items[-1], query.sort) if len(files) > query.limit else None,
            total=await self._search.count_files(query) if total else None,
        )
