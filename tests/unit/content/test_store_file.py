"""Storing a file: reserve, store, commit, and the state after each failure."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import anyio
import pytest

from domain.blobs.errors import BlobStoreUnavailableError, InterruptedBodyError
from domain.blobs.model import Blob
from domain.blobs.reservations import Reservations
from domain.buckets.errors import FileTooLargeError, NoSuchBucketError, QuotaExceededError
from domain.buckets.model import Policy
from domain.errors import (
    CatalogUnavailableError,
    FileportError,
    OutcomeUnknownError,
    PreconditionFailedError,
)
from domain.files.content.store_file import StoreFile
from domain.files.errors import InvalidMetadataError, InvalidNameError, InvalidTagsError
from domain.files.model import NewFile, Stored
from domain.idempotency.model import KeyClaim
from domain.maintenance.reap import Reap, ReapCounts
from domain.values.digests import Digest
from domain.values.errors import DigestMismatchError
from domain.values.preconditions import Precondition
from tests.fakes.blobs.records import FakeBlobRecords
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.buckets import FakeBuckets
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import CATALOG_DOWN, FakeDatabase
from tests.fakes.files import FakeFiles
from tests.unit.content.bodies import LEASE, body, make_store_file, new_file


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.files.content.commit_retries.PAUSE_SECONDS", 0)


async def test_a_stored_file_knows_its_size_and_hash_and_points_at_its_bytes(
    store_file: StoreFile, blobs: FakeBlobStore
) -> None:
    stored = await store_file(new_file(), body(b"hello, ", b"world"))
    assert stored.created
    assert stored.file.size == 12
    assert stored.file.sha256 == hashlib.sha256(b"hello, world").hexdigest()
    assert blobs.stored[stored.file.blob_key] == b"hello, world"


async def test_a_row_names_the_blob_before_its_first_byte(
    store_file: StoreFile, database: FakeDatabase, blobs: FakeBlobStore
) -> None:
    async def watched() -> AsyncIterator[bytes]:
        (key,) = blobs.unfinished
        assert database.blobs[key].state == "staged"
        yield b"x"

    assert (await store_file(new_file(), watched())).file.size == 1


async def test_a_replaced_files_bytes_are_condemned_and_reaped(
    store_file: StoreFile, database: FakeDatabase, blobs: FakeBlobStore, reap: Reap
) -> None:
    first = (await store_file(new_file(), body(b"one"))).file
    second = await store_file(new_file(), body(b"two"))
    assert not second.created
    assert (second.file.id, second.file.revision) == (first.id, 2)
    assert database.blobs[first.blob_key].state == "condemned"
    assert [reaped async for reaped in reap()] == [ReapCounts(removed=1)]
    assert list(blobs.stored) == [second.file.blob_key]


@pytest.mark.parametrize(
    ("new", "error"),
    [
        (new_file("a\n"), InvalidNameError),
        (new_file(metadata={"a": "\0"}), InvalidMetadataError),
        (new_file(tags=("a,b",)), InvalidTagsError),
        (new_file(size=1001), FileTooLargeError),
        (NewFile(bucket="nope", name="a", content_type="a/b"), NoSuchBucketError),
        (new_file(precondition=Precondition(if_match=())), PreconditionFailedError),
    ],
)
async def test_an_upload_that_can_be_refused_is_refused_before_its_body_is_read(
    store_file: StoreFile, database: FakeDatabase, new: NewFile, error: type[FileportError]
) -> None:
    read: list[bool] = []

    async def watched() -> AsyncIterator[bytes]:
        read.append(True)
        yield b""

    with pytest.raises(error):
        await store_file(new, watched())
    assert not read
    assert not database.blobs


@pytest.mark.parametrize(
    ("new", "chunks", "error"),
    [
        (new_file(), [b"x" * 600, b"x" * 600], FileTooLargeError),
        (new_file(size=10), [b"short"], InterruptedBodyError),
        (new_file(size=2), [b"long"], InterruptedBodyError),
        (new_file(digests=(Digest("sha-256", bytes(32)),)), [b"damaged"], DigestMismatchError),
    ],
)
async def test_a_refused_upload_leaves_no_file_and_after_the_reaper_no_blob(
    store_file: StoreFile,
    catalog: FakeCatalog,
    blobs: FakeBlobStore,
    reap: Reap,
    new: NewFile,
    chunks: list[bytes],
    error: type[FileportError],
) -> None:
    with pytest.raises(error):
        await store_file(new, body(*chunks))
    assert [reaped async for reaped in reap()] == [ReapCounts(removed=1)]
    assert not blobs.stored
    assert not blobs.unfinished
    assert (await catalog.buckets.get_bucket("default")).usage.files == 0
    assert {row.state for row in catalog.database.blobs.values()} == {"staged"}  # the other reservation of the batch


async def test_a_body_that_breaks_the_quota_is_not_read_unless_it_replaces_enough(
    store_file: StoreFile, catalog: FakeCatalog
) -> None:
    await catalog.buckets.put_bucket("default", Policy(quota_bytes=10))
    await store_file(new_file("a"), body(b"12345678"))
    with pytest.raises(QuotaExceededError):
        await store_file(new_file("b", size=3), body())
    with pytest.raises(QuotaExceededError):
        await store_file(new_file("a", size=11), body())
    # The key that was taken for each serves the next upload.
    assert Counter(row.state for row in catalog.database.blobs.values()) == {"live": 1, "staged": 1}
    await store_file(new_file("a", size=10), body(b"1234567890"))
    assert (await catalog.buckets.get_bucket("default")).usage.bytes == 10


async def test_a_precondition_that_ceases_to_hold_meanwhile_stores_nothing(
    store_file: StoreFile, catalog: FakeCatalog
) -> None:
    async def overtaken() -> AsyncIterator[bytes]:
        yield b"slow"
        await store_file(new_file(), body(b"quick"))

    with pytest.raises(PreconditionFailedError):
        await store_file(new_file(precondition=Precondition(if_none_match=())), overtaken())
    assert (await catalog.files.get_file_by_name("default", "a.txt")).size == 5
    assert (await catalog.buckets.get_bucket("default")).usage.files == 1


async def test_the_smaller_of_the_buckets_limit_and_the_services_counts(
    store_file: StoreFile, buckets: FakeBuckets
) -> None:
    await buckets.put_bucket("default", Policy(max_file_size=5))
    with pytest.raises(FileTooLargeError, match="5 bytes"):
        await store_file(new_file(), body(b"123456"))
    await buckets.put_bucket("default", Policy(max_file_size=5000))
    with pytest.raises(FileTooLargeError, match="1000 bytes"):
        await store_file(new_file(), body(b"x" * 1001))


async def test_bytes_that_the_store_may_have_keep_their_grace(
    store_file: StoreFile, catalog: FakeCatalog, blobs: FakeBlobStore, clock: FakeClock
) -> None:
    async def failing() -> AsyncIterator[bytes]:
        blobs.fail_with = BLOB_STORE_DOWN
        yield b"x"

    catalog.database.grace = 50.0
    with pytest.raises(BlobStoreUnavailableError):
        await store_file(new_file(), failing())
    assert await catalog.blob_records.claim_condemned(limit=10, lease=LEASE) == []
    clock.advance(50)
    assert len(await catalog.blob_records.claim_condemned(limit=10, lease=LEASE)) == 1


async def test_a_cancelled_upload_gives_its_reservation_up(store_file: StoreFile, database: FakeDatabase) -> None:
    async def cancelled() -> AsyncIterator[bytes]:
        scope.cancel()
        await anyio.sleep_forever()
        yield b""

    with anyio.CancelScope() as scope:
        await store_file(new_file(), cancelled())
    assert sorted(row.state for row in database.blobs.values()) == ["condemned", "staged"]


async def test_a_reservation_that_cannot_be_given_up_is_left_to_lapse(
    store_file: StoreFile, catalog: FakeCatalog, clock: FakeClock
) -> None:
    async def failing() -> AsyncIterator[bytes]:
        catalog.database.fail_with = CATALOG_DOWN
        yield b"x"

    with pytest.raises(CatalogUnavailableError):
        await store_file(new_file(), failing())
    catalog.database.fail_with = None
    clock.advance(LEASE)
    assert await catalog.blob_records.condemn_lapsed(limit=10) == 2


class ForgetfulFiles(FakeFiles):
    """Commits, and then says `times` times that it does not know."""

    def __init__(self, database: FakeDatabase, times: int) -> None:
        super().__init__(database)
        self.times = times

    async def commit_file(self, new: NewFile, blob: Blob, claim: KeyClaim | None = None) -> Stored:
        stored = await super().commit_file(new, blob, claim)
        if self.times > 0:
            self.times -= 1
            raise OutcomeUnknownError("The connection broke.")
        return stored


@pytest.mark.parametrize("times", [1, 2])
async def test_a_commit_whose_outcome_is_unknown_is_repeated_until_it_is_known(
    catalog: FakeCatalog, blobs: FakeBlobStore, reservations: Reservations, times: int
) -> None:
    files = ForgetfulFiles(catalog.database, times)
    store_file = make_store_file(catalog, blobs, reservations, files=files)
    stored = await store_file(new_file(precondition=Precondition(if_none_match=())), body(b"x"))
    assert stored.created
    assert stored.file.revision == 1


async def test_a_commit_that_stays_unknown_deletes_nothing(
    catalog: FakeCatalog, blobs: FakeBlobStore, reservations: Reservations
) -> None:
    files = ForgetfulFiles(catalog.database, 100)
    store_file = make_store_file(catalog, blobs, reservations, files=files)
    with pytest.raises(OutcomeUnknownError):
        await store_file(new_file(), body(b"x"))
    file = await catalog.files.get_file_by_name("default", "a.txt")
    assert catalog.database.blobs[file.blob_key].state == "live"
    assert blobs.stored[file.blob_key] == b"x"


async def test_a_reservation_whose_outcome_is_unknown_leaves_no_doubt_about_the_file(
    store_file: StoreFile, blob_records: FakeBlobRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forget(keys: Sequence[str], *, lease: float) -> None:
        raise OutcomeUnknownError("The connection broke.")

    monkeypatch.setattr(blob_records, "reserve_blobs", forget)
    with pytest.raises(CatalogUnavailableError):
        await store_file(new_file(), body(b"x"))


class FailingOverFiles(FakeFiles):
    """Commits, and is down when it should say so."""

    async def commit_file(self, new: NewFile, blob: Blob, claim: KeyClaim | None = None) -> Stored:
        await super().commit_file(new, blob, claim)
        self._database.fail_with = CATALOG_DOWN
        raise OutcomeUnknownError("The connection broke.")


async def test_a_catalog_that_goes_down_after_a_commit_leaves_its_outcome_unknown(
    catalog: FakeCatalog, blobs: FakeBlobStore, reservations: Reservations
) -> None:
    files = FailingOverFiles(catalog.database)
    store_file = make_store_file(catalog, blobs, reservations, files=files)
    with pytest.raises(OutcomeUnknownError):
        await store_file(new_file(), body(b"x"))
    catalog.database.fail_with = None
    assert (await catalog.files.get_file_by_name("default", "a.txt")).size == 1
