"""How the bytes of an archive are read: in order, few at once, and freed whatever happens."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
import pytest

from domain.access.callers import ROOT
from domain.access.current_rights import CurrentRights
from domain.archives.batches import BATCH_BYTES, CONCURRENCY, SMALL_BYTES
from domain.archives.member_bytes import MemberBytes
from domain.archives.model import Extract, Member
from domain.archives.read_archive import Archive, Contents
from domain.blobs.errors import BlobStoreUnavailableError
from domain.values.ranges import ByteRange
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import make_catalog
from tests.fakes.clock import FakeClock
from tests.support.factories import MemberFactory


class CountingBlobStore(FakeBlobStore):
    """Knows which blobs are open, and how many were at once."""

    def __init__(self) -> None:
        super().__init__()
        self.open_keys: list[str] = []
        self.most = 0

    @asynccontextmanager
    async def open(self, key: str, part: ByteRange | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        async with super().open(key, part) as chunks:
            self.open_keys.append(key)
            self.most = max(self.most, len(self.open_keys))
            try:
                await anyio.lowlevel.checkpoint()
                yield chunks
            finally:
                self.open_keys.remove(key)


@pytest.fixture
def store() -> CountingBlobStore:
    return CountingBlobStore()


def fill(store: FakeBlobStore, sizes: Sequence[int]) -> tuple[list[Member], list[bytes]]:
    """Store a blob for each size, and return the files and their bytes."""
    contents = [bytes([place % 256]) * size for place, size in enumerate(sizes)]
    store.stored = {f"key-{place}": data for place, data in enumerate(contents)}
    members = [
        MemberFactory.build(blob_key=f"key-{place}", size=size, name=f"{place}") for place, size in enumerate(sizes)
    ]
    return members, contents


def archive_of(members: Sequence[Member], store: FakeBlobStore) -> Archive:
    member_bytes = MemberBytes(make_catalog().blob_records, store)
    return Archive(members, [0] * len(members), member_bytes, CurrentRights([], FakeClock()).watch(ROOT))


def wholes(archive: Archive) -> list[Extract]:
    return [Extract(member) for member in archive.members]


def open_all(members: Sequence[Member], store: FakeBlobStore) -> Contents:
    archive = archive_of(members, store)
    return archive.contents(wholes(archive))


async def read(archive: Archive, extracts: Sequence[Extract] | None = None) -> list[bytes]:
    """Read the extracts, or all files whole."""
    async with archive.contents(wholes(archive) if extracts is None else extracts) as contents:
        return [b"".join([chunk async for chunk in chunks]) async for chunks in contents]


@pytest.mark.parametrize(
    "sizes",
    [
        [0],
        [SMALL_BYTES + 1],
        [3, SMALL_BYTES + 1, SMALL_BYTES, 0, 5, 300_000, 300_000, 1],
        [1] * 100,
        [SMALL_BYTES] * (2 * BATCH_BYTES // SMALL_BYTES + 1),
    ],
)
async def test_files_are_read_whole_and_in_order(store: CountingBlobStore, sizes: list[int]) -> None:
    members, contents = fill(store, sizes)
    assert await read(archive_of(members, store)) == contents
    assert store.open_keys == []


async def test_parts_of_files_are_read_and_nothing_else(store: CountingBlobStore) -> None:
    sizes = [10, SMALL_BYTES * 3, 5, 5, SMALL_BYTES * 2]
    members, contents = fill(store, sizes)
    parts = [(0, ByteRange(3, 2)), (1, ByteRange(SMALL_BYTES, SMALL_BYTES + 1)), (3, None), (4, ByteRange(7, 1))]
    extracts = [Extract(members[place], part) for place, part in parts]
    found = await read(archive_of(members, store), extracts)
    assert found == [
        contents[place] if part is None else contents[place][part.start : part.end] for place, part in parts
    ]
    assert await read(archive_of(members, store), []) == []
    assert store.open_keys == []


async def test_small_files_are_read_a_few_at_once_and_large_ones_alone(store: CountingBlobStore) -> None:
    members, _ = fill(store, [1] * 200)
    await read(archive_of(members, store))
    assert store.most == CONCURRENCY
    store.most = 0
    members, _ = fill(store, [SMALL_BYTES + 1] * 5)
    await read(archive_of(members, store))
    assert store.most == 1


async def test_only_bytes_that_are_sent_soon_are_kept(
    store: CountingBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    members, _ = fill(store, [SMALL_BYTES] * 200)
    opened = 0
    read_now = store.open

    @asynccontextmanager
    async def counted(key: str, part: ByteRange | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        nonlocal opened
        opened += 1
        async with read_now(key, part) as chunks:
            yield chunks

    monkeypatch.setattr(store, "open", counted)
    async with open_all(members, store) as contents:
        async for _ in contents:
            break
        assert 1 < opened <= BATCH_BYTES // SMALL_BYTES


async def test_a_client_that_leaves_amid_a_large_file_frees_it(store: CountingBlobStore) -> None:
    members, _ = fill(store, [SMALL_BYTES * 4] * 2)
    async with open_all(members, store) as contents:
        async for chunks in contents:
            async for _ in chunks:
                break
            break
        assert store.open_keys == ["key-0"]
    assert store.open_keys == []


@pytest.mark.parametrize("size", [1, SMALL_BYTES * 4])
async def test_a_store_that_fails_fails_the_archive_as_it_said_it(store: CountingBlobStore, size: int) -> None:
    members, _ = fill(store, [size] * 10)
    store.fail_after_chunks = 0
    with pytest.raises(BlobStoreUnavailableError):
        await read(archive_of(members, store))
    assert store.open_keys == []
