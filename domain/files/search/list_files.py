"""List files by their records."""

import msgspec

from domain.access.callers import Caller
from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.buckets.ports import Buckets
from domain.files.search.areas import find_areas
from domain.files.search.model import FileQuery, Page, encode_cursor
from domain.files.search.ports import FileSearch


class ListFiles:
    """List a page of files, and count all of them if asked."""

    errors = (InvalidBucketError, NoSuchBucketError)

    def __init__(self, search: FileSearch, buckets: Buckets) -> None:
        self._search = search
        self._buckets = buckets

    async def __call__(self, caller: Caller, query: FileQuery, *, total: bool) -> Page:
        """Return the page that `query` describes, with the cursor of the next one.

        Files that the caller may not list are neither listed nor counted; in a bucket that is listed publicly there
        are none. Raises `InvalidBucketError`,
        `NoSuchBucketError` where `query` names a bucket that does not exist, and `AccessDeniedError` where the caller
        may list nothing in it; and `QueryTooExpensiveError`.
        """
        query = msgspec.structs.replace(query, areas=await find_areas(self._buckets, caller, query.bucket))
        files = await self._search.list_files(msgspec.structs.replace(query, limit=query.limit + 1))
        if not files and query.bucket is not None:
            await self._buckets.get_bucket(query.bucket)
        items = files[: query.limit]
        return Page(
            items=items,
            next=encode_cursor(items[-1], query.sort) if len(files) > query.limit else None,
            total=await self._search.count_files(query) if total else None,
        )
