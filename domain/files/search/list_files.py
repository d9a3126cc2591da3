"""List files by their records."""

import msgspec

from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.buckets.model import check_bucket_name
from domain.buckets.ports import Buckets
from domain.files.search.model import FileQuery, Page, encode_cursor
from domain.files.search.ports import FileSearch


class ListFiles:
    """List a page of files, and count all of them if asked."""

    errors = (InvalidBucketError, NoSuchBucketError)

    def __init__(self, search: FileSearch, buckets: Buckets) -> None:
        self._search = search
        self._buckets = buckets

    async def __call__(self, query: FileQuery, *, total: bool) -> Page:
        """Return the page that `query` describes, with the cursor of the next one.

        Raises `InvalidBucketError`, and `NoSuchBucketError` where `query` names a bucket that does not exist.
        """
        if query.bucket is not None:
            check_bucket_name(query.bucket)
        files = await self._search.list_files(msgspec.structs.replace(query, limit=query.limit + 1))
        if not files and query.bucket is not None:
            await self._buckets.get_bucket(query.bucket)
        items = files[: query.limit]
        return Page(
            items=items,
            next=encode_cursor(items[-1], query.sort) if len(files) > query.limit else None,
            total=await self._search.count_files(query) if total else None,
        )
