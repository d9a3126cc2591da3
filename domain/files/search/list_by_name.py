"""List a bucket by name."""

from msgspec.structs import replace

from domain.access.callers import Caller
from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.buckets.ports import Buckets
from domain.files.names import may_be_in_names
from domain.files.search.areas import find_areas
from domain.files.search.by_name import NamePage, NameQuery
from domain.files.search.ports import FileSearch


class ListByName:
    """List a page of a bucket's names, with those joined that have a beginning in common."""

    errors = (InvalidBucketError, NoSuchBucketError)

    def __init__(self, search: FileSearch, buckets: Buckets) -> None:
        self._search = search
        self._buckets = buckets

    async def __call__(self, caller: Caller, query: NameQuery) -> NamePage:
        """Return the page that `query` describes, whose `areas` are found here.

        A prefix or a delimiter that no name can have is in none. Raises `InvalidBucketError`, `NoSuchBucketError`, and
        `AccessDeniedError` where the caller may list nothing in the bucket; and `QueryTooExpensiveError`.
        """
        query = replace(query, areas=await find_areas(self._buckets, caller, query.bucket))
        if not may_be_in_names(query.delimiter):
            query = replace(query, delimiter="")
        entries = []
        if may_be_in_names(query.prefix):
            entries = await self._search.list_names(replace(query, limit=query.limit + 1))
        if not entries:
            await self._buckets.get_policy(query.bucket)
        return NamePage(entries=entries[: query.limit], is_truncated=len(entries) > query.limit > 0)
