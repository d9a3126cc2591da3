"""The findings of a check of catalog and store, and the changes in progress that are not findings."""

import hashlib
from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from domain.access.callers import ROOT
from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import Blob, StoredBlob, listing_order, new_blob_key
from domain.buckets.model import Usage
from domain.errors import UnavailableError
from domain.files.model import Destination, File
from domain.maintenance.check_integrity import SURE_OF_STORE, CheckIntegrity
from domain.maintenance.errors import WrongBlobStoreError
from domain.maintenance.model import CheckCounts, FindingKind, Report
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import stored
from tests.fakes.blobs.store import BLOB_STORE_DOWN
from tests.fakes.catalog import make_catalog
from tests.fakes.database import CATALOG_DOWN
from tests.support.reaper import reaper
from tests.unit.maintenance.eventful import EventfulBlobStore, EventfulCatalogIntegrity, Events, Look

LEASE = 60.0


def blob_of(data: bytes, *, end: str | None = None) -> Blob:
    """Return a blob of these bytes; `end` are the last digits of its key, which decide its position in the listing."""
    key = new_blob_key()
    return Blob(key=key[:-2] + end if end else key, size=len(data), sha256=hashlib.sha256(data).hexdigest())


class Stack:
    """A catalog and a store that agree, unless a test damages them."""

    def __init__(self) -> None:
        self.events = Events()
        catalog = make_catalog()
        self.catalog = replace(catalog, integrity=EventfulCatalogIntegrity(self.events, catalog.database))
        self.blobs = EventfulBlobStore(self.events)

    async def check(self, *, deep: bool = False) -> Report:
        return await CheckIntegrity(self.catalog.integrity, self.blobs)(deep=deep)

    async def found(self, *, deep: bool = False) -> list[tuple[FindingKind, str]]:
        report = await self.check(deep=deep)
        assert self.events.is_over
        return [(finding.kind, finding.subject) for finding in report.findings]

    async def reserve(self, data: bytes = b"bytes", *, end: str | None = None) -> Blob:
        blob = blob_of(data, end=end)
        await self.catalog.blob_records.reserve_blobs([blob.key], lease=LEASE)
        return blob

    async def file(self, data: bytes = b"bytes", *, end: str | None = None) -> File:
        blob = await self.reserve(data, end=end)
        self.blobs.stored[blob.key] = data
        return await stored(self.catalog, blob=blob)

    async def delete(self, file: File) -> None:
        """Delete the file, and its bytes and rows at once."""
        await self.catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        assert [reaped async for reaped in reaper(self.catalog, self.blobs)()]

    def orphan(self, data: bytes = b"orphan") -> str:
        key = new_blob_key()
        self.blobs.stored[key] = data
        return key


@pytest.fixture
def stack() -> Stack:
    return Stack()


# Findings


async def test_a_stack_that_agrees_is_clean(stack: Stack) -> None:
    file = await stack.file(b"12345")
    await stack.catalog.files.copy_file(ROOT, file.id, Destination(name="copy"), NO_PRECONDITION)
    await stack.delete(await stack.file())
    assert await stack.found() == await stack.found(deep=True) == []


async def test_nothing_at_all_is_clean(stack: Stack) -> None:
    assert await stack.check() == Report(findings=[], checked=CheckCounts(), to_condemn=0, bytes_to_condemn=0)


async def test_a_live_blob_without_bytes_is_missing(stack: Stack) -> None:
    kept, lost = await stack.file(), await stack.file()
    del stack.blobs.stored[lost.blob_key]
    for deep in (False, True):
        assert await stack.found(deep=deep) == [(FindingKind.MISSING, lost.blob_key)]
    assert kept.blob_key in stack.blobs.stored


async def test_bytes_without_a_row_are_an_orphan(stack: Stack) -> None:
    await stack.file()
    key = stack.orphan()
    assert await stack.found() == [(FindingKind.ORPHAN, key)]


@pytest.mark.parametrize("data", [b"", b"byte", b"bytes!"])
@pytest.mark.parametrize("deep", [False, True])
async def test_bytes_of_another_size_are_found(stack: Stack, data: bytes, deep: bool) -> None:
    file = await stack.file(b"bytes")
    stack.blobs.stored[file.blob_key] = data
    assert await stack.found(deep=deep) == [(FindingKind.WRONG_SIZE, file.blob_key)]


async def test_other_bytes_of_that_size_are_found_by_reading_them(stack: Stack) -> None:
    file = await stack.file(b"bytes")
    stack.blobs.stored[file.blob_key] = b"other"
    assert await stack.found() == []
    assert await stack.found(deep=True) == [(FindingKind.CORRUPT, file.blob_key)]


async def test_a_blob_that_cannot_be_read_in_a_store_that_works_is_found(stack: Stack) -> None:
    file = await stack.file(b"bytes")
    stack.blobs.fail_after_chunks = 0
    assert await stack.found() == []
    assert await stack.found(deep=True) == [(FindingKind.UNREADABLE, file.blob_key)]


async def test_a_blob_that_is_read_the_second_time_is_well(stack: Stack) -> None:
    await stack.file(b"bytes")
    stack.blobs.fail_after_chunks = 0

    async def recover() -> None:
        stack.blobs.fail_after_chunks = None

    stack.events.after("size", recover)
    assert await stack.found(deep=True) == []


async def test_an_unfinished_write_without_a_row_is_orphaned(stack: Stack) -> None:
    key = new_blob_key()
    stack.blobs.unfinished[key] = bytearray(b"part")
    assert await stack.found() == [(FindingKind.ORPHANED_WRITE, key)]


async def test_an_unfinished_write_of_a_live_blob_is_orphaned(stack: Stack) -> None:
    file = await stack.file()
    stack.blobs.unfinished[file.blob_key] = bytearray(b"part")
    assert await stack.found() == [(FindingKind.ORPHANED_WRITE, file.blob_key)]


async def test_blobs_of_uploads_in_progress_and_of_the_reaper_are_not_findings(stack: Stack) -> None:
    staged, condemned = await stack.reserve(), await stack.reserve()
    await stack.catalog.blob_records.release_blobs([condemned.key], at_once=False)
    for blob in (staged, condemned):
        stack.blobs.stored[blob.key] = b"anything"
        stack.blobs.unfinished[blob.key] = bytearray(b"part")
    report = await stack.check(deep=True)
    assert report.findings == []
    assert report.checked == CheckCounts(staged=1, condemned=1, stored=2, stored_bytes=16, unfinished=2)


async def test_usage_that_does_not_add_up_is_found(stack: Stack) -> None:
    await stack.file()
    stack.catalog.database.usage_errors["default"] = Usage(bytes=1)
    assert await stack.found() == [(FindingKind.WRONG_USAGE, "default")]


async def test_a_wrong_file_count_is_found_whatever_the_blobs_state(stack: Stack) -> None:
    much, little, lost = sorted([await stack.file() for _ in range(3)], key=lambda file: listing_order(file.blob_key))
    await stack.catalog.database.miscount_files(much.blob_key, 1)
    await stack.catalog.database.miscount_files(little.blob_key, -1)
    await stack.catalog.database.lose_files(lost.blob_key)
    wrong = [(FindingKind.WRONG_FILE_COUNT, file.blob_key) for file in (much, little, lost)]
    assert [each for each in await stack.found() if each[0] is not FindingKind.WRONG_USAGE] == wrong


async def test_the_blobs_that_a_repair_would_condemn_are_summed_up(stack: Stack) -> None:
    lost, _ = await stack.file(b"1234"), await stack.file(b"12345678")
    await stack.catalog.database.lose_files(lost.blob_key)
    stack.orphan(b"12")
    report = await stack.check()
    assert (report.to_condemn, report.bytes_to_condemn) == (2, 6)


async def test_thousands_of_blobs_are_compared_in_order(stack: Stack) -> None:
    files = [await stack.file() for _ in range(1200)]
    missing = {file.blob_key for file in files[::100]}
    for key in missing:
        del stack.blobs.stored[key]
    orphans = {stack.orphan() for _ in range(1200)}
    shares: list[float] = []
    report = await CheckIntegrity(stack.catalog.integrity, stack.blobs)(deep=True, on_progress=shares.append)
    assert [finding.subject for finding in report.findings] == sorted(missing | orphans, key=listing_order)
    assert set(report.subjects(FindingKind.MISSING)) == missing
    assert set(report.subjects(FindingKind.ORPHAN)) == orphans
    assert (report.checked.live, report.checked.stored, report.checked.read) == (1200, 2388, 1188)
    assert shares == sorted(shares)
    assert len(shares) >= 4
    assert shares[-1] == 1


# Changes between two reads, which are not findings


@pytest.mark.parametrize("ended", [True, False])
async def test_an_upload_whose_row_came_after_the_page_is_clean(stack: Stack, ended: bool) -> None:
    await stack.file(end="ff")
    blob = blob_of(b"bytes", end="00")
    stack.blobs.stored[blob.key] = b"bytes"

    async def upload() -> None:
        await stack.catalog.blob_records.reserve_blobs([blob.key], lease=LEASE)
        if ended:
            await stored(stack.catalog, blob=blob)

    stack.events.after("records", upload)
    assert await stack.found(deep=True) == []


async def test_an_upload_whose_row_came_after_the_page_is_compared_all_the_same(stack: Stack) -> None:
    await stack.file(end="ff")
    blob = blob_of(b"bytes", end="00")
    stack.blobs.stored[blob.key] = b"byt"

    async def upload() -> None:
        await stack.catalog.blob_records.reserve_blobs([blob.key], lease=LEASE)
        await stored(stack.catalog, blob=blob)

    stack.events.after("records", upload)
    assert await stack.found() == [(FindingKind.WRONG_SIZE, blob.key)]


async def test_an_upload_that_was_stored_after_the_listing_is_clean(stack: Stack) -> None:
    file = await stack.file(b"bytes")
    del stack.blobs.stored[file.blob_key]

    async def store() -> None:
        stack.blobs.stored[file.blob_key] = b"bytes"

    stack.events.after("stored", store)
    assert await stack.found(deep=True) == []


async def test_bytes_that_the_reaper_removed_after_the_listing_are_clean(stack: Stack) -> None:
    key = stack.orphan()

    async def remove() -> None:
        del stack.blobs.stored[key]

    stack.events.after("records of keys", remove)
    assert await stack.found() == []


@pytest.mark.parametrize("data", [None, b"byt"])
async def test_a_file_that_is_deleted_during_the_check_of_its_bytes_is_clean(stack: Stack, data: bytes | None) -> None:
    file = await stack.file(b"bytes")
    if data is not None:
        stack.blobs.stored[file.blob_key] = data
    moment: Look = "records" if data is None else "size"
    stack.events.after(moment, lambda: stack.delete(file))
    assert await stack.found(deep=data is None) == []


async def test_a_blob_that_is_condemned_and_kept_is_clean(stack: Stack) -> None:
    file = await stack.file(b"bytes")
    stack.blobs.stored[file.blob_key] = b"byt"

    async def delete() -> None:
        await stack.catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)

    stack.events.after("size", delete)
    assert await stack.found() == []


async def test_a_write_that_ends_after_it_was_listed_is_clean(stack: Stack) -> None:
    blob = await stack.reserve(b"bytes")
    stack.blobs.unfinished[blob.key] = bytearray(b"byt")

    async def end() -> None:
        stack.blobs.stored[blob.key] = b"bytes"
        del stack.blobs.unfinished[blob.key]
        await stored(stack.catalog, blob=blob)

    stack.events.after("unfinished", end)
    assert await stack.found() == []


async def test_a_write_that_is_aborted_and_forgotten_after_it_was_listed_is_clean(stack: Stack) -> None:
    blob = await stack.reserve(b"bytes")
    stack.blobs.unfinished[blob.key] = bytearray(b"byt")

    async def reap() -> None:
        await stack.catalog.blob_records.release_blobs([blob.key], at_once=True)
        assert [reaped async for reaped in reaper(stack.catalog, stack.blobs)()]

    stack.events.after("unfinished", reap)
    assert await stack.found() == []


# Checks that fail


@pytest.mark.parametrize("look", ["stored", "unfinished", "size", "records", "records of keys", "usage"])
@pytest.mark.parametrize("failure", [CATALOG_DOWN, BLOB_STORE_DOWN])
async def test_a_look_that_fails_ends_the_check(stack: Stack, look: Look, failure: UnavailableError) -> None:
    stack.orphan()
    stack.blobs.unfinished[new_blob_key()] = bytearray(b"part")

    async def fail() -> None:
        raise failure

    stack.events.after(look, fail)
    with pytest.raises(type(failure)) as raised:
        await stack.check()
    assert raised.value is failure


async def test_a_store_that_goes_down_while_blobs_are_read_ends_the_check(stack: Stack) -> None:
    for _ in range(20):
        await stack.file(b"bytes")

    async def go_down() -> None:
        stack.blobs.fail_with = BLOB_STORE_DOWN

    stack.events.after("stored", go_down)
    with pytest.raises(BlobStoreUnavailableError):
        await stack.check(deep=True)


async def test_a_listing_out_of_order_ends_the_check() -> None:
    class Disordered(EventfulBlobStore):
        async def list_stored(self) -> AsyncIterator[StoredBlob]:
            for end in ("ff", "00"):
                yield StoredBlob(key=new_blob_key()[:-2] + end, size=1)

    check = CheckIntegrity(make_catalog().integrity, Disordered(Events()))
    with pytest.raises(BlobStoreUnavailableError, match="out of order"):
        await check()


async def test_an_empty_store_is_the_wrong_one_where_many_blobs_are_live(stack: Stack) -> None:
    files = [await stack.file() for _ in range(SURE_OF_STORE)]
    stack.blobs.stored.clear()
    with pytest.raises(WrongBlobStoreError, match="mounted"):
        await stack.check()
    stack.blobs.stored[files[0].blob_key] = b"bytes"
    assert len(await stack.found()) == SURE_OF_STORE - 1
