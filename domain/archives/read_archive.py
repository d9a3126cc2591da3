"""Read many files as one."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from typing import TypeVar
from uuid import UUID

from domain.access.callers import Caller
from domain.access.current_rights import CurrentRights, WatchedCaller
from domain.archives.batches import batches_of
from domain.archives.checksums import MissingChecksums
from domain.archives.errors import ArchiveTooLargeError
from domain.archives.member_bytes import MemberBytes
from domain.archives.model import MAX_ARCHIVE_FILES, ByIds, ByPrefix, Extract, Member, Selection, archive_etag
from domain.archives.ports import Archives
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.model import is_inline
from domain.blobs.ports import BlobRecords, BlobStore
from domain.blobs.streams import one_chunk
from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.buckets.ports import Buckets
from domain.files.access import areas_to_list
from domain.files.errors import NoSuchFileError, no_such_file
from domain.files.search.model import FileQuery, parse_sort

_BY_NAME = parse_sort("name")

T = TypeVar("T")

# Entering it opens the bytes of the first extract; those of each are read before the next one is asked for. Leaving it
# frees them.
Contents = AbstractAsyncContextManager[AsyncIterator[AsyncIterator[bytes]]]


class Archive:
    """At least one file, in order, and their bytes, ready to be opened any number of times.

    `checksums` are the CRC-32 of each member's bytes. The caller's right to read is looked at before each member.
    """

    def __init__(
        self, members: Sequence[Member], checksums: Sequence[int], member_bytes: MemberBytes, caller: WatchedCaller
    ) -> None:
        self.members = members
        self.checksums = checksums
        self._member_bytes = member_bytes
        self._caller = caller

    @property
    def etag(self) -> str:
        """The strong entity tag of just these revisions, quotes included."""
        return archive_etag(self.members)

    @asynccontextmanager
    async def contents(self, extracts: Iterable[Extract]) -> AsyncIterator[AsyncIterator[AsyncIterator[bytes]]]:
        """Open these extracts of different members, one after another.

        Opening and iterating raise the errors of `BlobStore.open`, `NoSuchFileError` and `AccessDeniedError`. An
        extract is read to its end, or an error is raised.
        """
        async with aclosing(self._each(extracts)) as each:
            first = await anext(each, None)
            async with aclosing(_begin(first, each)) as contents:
                yield contents

    async def _each(self, extracts: Iterable[Extract]) -> AsyncGenerator[AsyncIterator[bytes]]:
        for batch in batches_of(extracts):
            caller = await self._caller.now()
            for each in batch:
                caller.require("read", each.member.bucket, each.member.name, no_such_file())
            if len(batch) == 1 and not is_inline(batch[0].member.blob_key):
                async with self._member_bytes.open(batch[0]) as chunks:
                    yield chunks
            else:
                found = await self._member_bytes.read(batch)
                for extract in batch:
                    yield one_chunk(found.pop(extract.member.id))


class ReadArchive:
    """Find the files of an archive, as they all are at one moment, and make their bytes ready to read.

    Files that are changed or deleted afterwards are in the archive as they were: bytes stay for a grace period that is
    longer than any download. No catalog connection is held while they are read.

    A file whose checksum is not known is read here, once: then the catalog has it.
    """

    errors = (NoSuchFileError, BlobMissingError, BlobStoreUnavailableError)
    prefix_errors = (InvalidBucketError, NoSuchBucketError, ArchiveTooLargeError, *errors)

    def __init__(
        self,
        archives: Archives,
        buckets: Buckets,
        blob_records: BlobRecords,
        blob_store: BlobStore,
        rights: CurrentRights,
    ) -> None:
        self._archives = archives
        self._buckets = buckets
        self._member_bytes = MemberBytes(blob_records, blob_store)
        self._rights = rights
        self._checksums = MissingChecksums(archives, blob_store)

    async def __call__(self, caller: Caller, selection: Selection) -> Archive:
        """Return the files of the selection, those of a bucket in the order of their names, by code point.

        Files that the caller may not see are left out, or missing. Raises `InvalidBucketError`, `NoSuchBucketError`;
        `AccessDeniedError` where one may be seen and not read; `NoSuchFileError` where there is none, or not one of
        each id; `ArchiveTooLargeError`; the errors of `BlobStore.open`, where checksums are not known.
        """
        watched = self._rights.watch(caller)
        members = await self._find(caller, selection)
        return Archive(members, await self._checksums.of(members), self._member_bytes, watched)

    async def _find(self, caller: Caller, selection: Selection) -> Sequence[Member]:
        match selection:
            case ByPrefix(bucket, prefix):
                return await self._find_by_prefix(caller, bucket, prefix)
            case ByIds(ids):
                return await self._find_by_ids(caller, list(dict.fromkeys(ids)))

    async def _find_by_prefix(self, caller: Caller, bucket: str, prefix: str) -> Sequence[Member]:
        areas = areas_to_list(caller, bucket)
        query = FileQuery(bucket=bucket, prefix=prefix, areas=areas, sort=_BY_NAME, limit=MAX_ARCHIVE_FILES + 1)
        members = await self._archives.list_members(query)
        if not members:
            await self._buckets.get_bucket(bucket)
            raise NoSuchFileError("No file in the bucket has a name that begins so.")
        if len(members) > MAX_ARCHIVE_FILES:
            raise ArchiveTooLargeError(f"An archive holds at most {MAX_ARCHIVE_FILES} files; name a longer prefix.")
        for member in members:
            caller.require("read", member.bucket, member.name, no_such_file())
        return members

    async def _find_by_ids(self, caller: Caller, ids: Sequence[UUID]) -> Sequence[Member]:
        found = {member.id: member for member in await self._archives.find_members(ids)}
        for id_ in ids:
            missing = NoSuchFileError(f"There is no file {id_}.")
            if id_ not in found:
                raise missing
            caller.require("read", found[id_].bucket, found[id_].name, missing)
        return [found[id_] for id_ in ids]


async def _begin(first: T | None, others: AsyncIterator[T]) -> AsyncGenerator[T]:
    if first is not None:
        yield first
    async for each in others:
        yield each
