"""Read many files as one."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import TypeVar
from uuid import UUID

from domain.archives.errors import ArchiveTooLargeError
from domain.archives.model import MAX_ARCHIVE_FILES, ByIds, ByPrefix, Member, Selection, archive_etag
from domain.archives.ports import Archives
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.ports import BlobStore
from domain.blobs.streams import counted, map_concurrently
from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.buckets.model import check_bucket_name
from domain.buckets.ports import Buckets
from domain.files.errors import NoSuchFileError
from domain.files.search.model import FileQuery, parse_sort

_BY_NAME = parse_sort("name")
# Small files are read several at once, since each costs little but a wait for the store, and are kept until they are
# sent. Only a few: every download may be an archive, and the client of S3 has 512 connections for all of them.
SMALL_BYTES = 64 * 1024
BATCH_BYTES = 1024 * 1024
BATCH_FILES = 32
CONCURRENCY = 4

T = TypeVar("T")

# Entering it opens the bytes of the first file; those of each file are read before the next file is asked for. Leaving
# it frees them.
Contents = AbstractAsyncContextManager[AsyncIterator[AsyncIterator[bytes]]]


class Archive:
    """At least one file, in order, and their bytes, ready to be opened any number of times."""

    def __init__(self, members: Sequence[Member], blob_store: BlobStore) -> None:
        self.members = members
        self._blob_store = blob_store

    @property
    def etag(self) -> str:
        """The strong entity tag of just these revisions, quotes included."""
        return archive_etag(self.members)

    @asynccontextmanager
    async def contents(self) -> AsyncIterator[AsyncIterator[AsyncIterator[bytes]]]:
        """Open the files one after another.

        Opening and iterating raise what `BlobStore.open` does. A file is read to its end, or an error is raised.
        """
        async with aclosing(self._each()) as each, aclosing(_begin(await anext(each), each)) as contents:
            yield contents

    async def _each(self) -> AsyncGenerator[AsyncIterator[bytes]]:
        for batch in _batches(self.members):
            if len(batch) == 1:
                async with self._blob_store.open(batch[0].blob_key) as chunks:
                    yield counted(chunks, batch[0].size)
            else:
                found = dict(await map_concurrently(self._whole, batch, concurrency=CONCURRENCY))
                for member in batch:
                    yield _only(found.pop(member.id))

    async def _whole(self, member: Member) -> tuple[UUID, bytes]:
        async with self._blob_store.open(member.blob_key) as chunks:
            return member.id, b"".join([chunk async for chunk in counted(chunks, member.size)])


class ReadArchive:
    """Find the files of an archive, as they all are at one moment, and make their bytes ready to read.

    Files that are changed or deleted afterwards are in the archive as they were: bytes stay for a grace period that is
    longer than any download. No catalog connection is held while they are read.
    """

    errors = (NoSuchFileError, BlobMissingError, BlobStoreUnavailableError)
    prefix_errors = (InvalidBucketError, NoSuchBucketError, ArchiveTooLargeError, *errors)

    def __init__(self, archives: Archives, buckets: Buckets, blob_store: BlobStore) -> None:
        self._archives = archives
        self._buckets = buckets
        self._blob_store = blob_store

    async def __call__(self, selection: Selection) -> Archive:
        """Return the files of the selection, those of a bucket in the order of their names, by code point.

        Raises `InvalidBucketError`, `NoSuchBucketError`; `NoSuchFileError` where there is none, or not one of each id;
        `ArchiveTooLargeError`.
        """
        match selection:
            case ByPrefix(bucket, prefix):
                return Archive(await self._find_by_prefix(check_bucket_name(bucket), prefix), self._blob_store)
            case ByIds(ids):
                return Archive(await self._find_by_ids(list(dict.fromkeys(ids))), self._blob_store)

    async def _find_by_prefix(self, bucket: str, prefix: str) -> Sequence[Member]:
        query = FileQuery(bucket=bucket, prefix=prefix, sort=_BY_NAME, limit=MAX_ARCHIVE_FILES + 1)
        members = await self._archives.list_members(query)
        if not members:
            await self._buckets.get_bucket(bucket)
            raise NoSuchFileError("No file in the bucket has a name that begins so.")
        if len(members) > MAX_ARCHIVE_FILES:
            raise ArchiveTooLargeError(f"An archive holds at most {MAX_ARCHIVE_FILES} files; name a longer prefix.")
        return members

    async def _find_by_ids(self, ids: Sequence[UUID]) -> Sequence[Member]:
        found = {member.id: member for member in await self._archives.find_members(ids)}
        for id_ in ids:
            if id_ not in found:
                raise NoSuchFileError(f"There is no file {id_}.")
        return [found[id_] for id_ in ids]


def _batches(members: Sequence[Member]) -> Iterator[Sequence[Member]]:
    """Yield all members in order: consecutive small ones in batches, each of the others alone."""
    batch: list[Member] = []
    size = 0
    for member in members:
        is_small = member.size <= SMALL_BYTES
        if batch and (not is_small or len(batch) == BATCH_FILES or size + member.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        if is_small:
            batch.append(member)
            size += member.size
        else:
            yield [member]
    if batch:
        yield batch


async def _begin(first: T, others: AsyncIterator[T]) -> AsyncGenerator[T]:
    yield first
    async for each in others:
        yield each


async def _only(chunk: bytes) -> AsyncIterator[bytes]:
    yield chunk
