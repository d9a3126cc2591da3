"""Archives of files whose CRC-32 is not known: each is read for it once, and then it is kept."""

import io
import zipfile
import zlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest
from msgspec.structs import replace

from domain.archives.batches import CONCURRENCY
from domain.archives.checksums import MissingChecksums
from domain.archives.model import Member
from domain.blobs.errors import BlobMissingError
from domain.errors import OutcomeUnknownError
from domain.values.ranges import ByteRange
from tests.fakes.archives import FakeArchives
from tests.fakes.blobs.direct_access import FakeDirectAccess
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.database import CATALOG_DOWN, BlobRow, FakeDatabase
from tests.support.clients import client_of
from tests.support.factories import BlobFactory, MemberFactory
from tests.support.fake_service import Service, open_service
from tests.support.tus import BYTES, TUS, UPLOADS, encoded
from tests.unit.direct_uploads import direct_requests
from tests.unit.uploads.requests import add, begin, broken

CONTENTS = {"a": b"one", "b": b"", "c": bytes(range(256)) * 1000, "d": b"four"}
ARCHIVE = "/v1/archive?bucket=default"


def forget_checksums(catalog: FakeCatalog) -> None:
    """Make the blobs as a former release stored them."""
    for row in catalog.database.blobs.values():
        if row.blob is not None:
            row.blob = replace(row.blob, crc32=None)


def checksums_of(catalog: FakeCatalog) -> dict[str, int | None]:
    rows = catalog.database.blobs
    return {
        file.name: blob.crc32
        for file in catalog.database.files.values()
        if (blob := rows[file.blob_key].blob) is not None
    }


async def store(client: httpx.AsyncClient) -> None:
    for name, content in CONTENTS.items():
        assert (await client.put(f"/v1/buckets/default/files/{name}", content=content)).status_code == 201


async def test_files_of_a_former_release_are_read_once_for_their_checksums(
    client: httpx.AsyncClient, catalog: FakeCatalog, blobs: FakeBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(client)
    new = await client.get(ARCHIVE)
    forget_checksums(catalog)
    reading = Reading(blobs)
    monkeypatch.setattr(blobs, "open", reading.open)
    assert (await client.head(ARCHIVE)).headers["etag"] == new.headers["etag"]
    assert sorted(reading.read) == sorted(file.blob_key for file in catalog.database.files.values())
    assert checksums_of(catalog) == {name: zlib.crc32(content) for name, content in CONTENTS.items()}
    blobs.fail_with = BLOB_STORE_DOWN  # which HEAD does not ask any more
    assert (await client.head(ARCHIVE)).status_code == 200
    blobs.fail_with = None
    old = await client.get(ARCHIVE)
    assert old.content == new.content
    archive = zipfile.ZipFile(io.BytesIO(old.content))
    assert {name: archive.read(name) for name in archive.namelist()} == CONTENTS


async def test_a_checksum_is_computed_in_the_upload_and_shared_by_copies(
    client: httpx.AsyncClient, catalog: FakeCatalog
) -> None:
    put = await client.put("/v1/buckets/default/files/put", content=b"put")
    await client.post("/v1/buckets/default/files", files={"file": ("form", b"form")})
    await client.post(f"/v1/files/{put.json()['id']}/copy", json={"name": "copy"})
    await client.put("/v1/buckets/default/files/form", content=b"replaced")
    assert checksums_of(catalog) == {
        "put": zlib.crc32(b"put"),
        "copy": zlib.crc32(b"put"),
        "form": zlib.crc32(b"replaced"),
    }


async def test_bytes_that_cannot_be_read_are_an_error_before_the_archive_begins(
    client: httpx.AsyncClient, catalog: FakeCatalog, blobs: FakeBlobStore
) -> None:
    await store(client)
    forget_checksums(catalog)
    blobs.fail_with = BLOB_STORE_DOWN
    down = await client.get(ARCHIVE)
    assert (down.status_code, down.json()["code"]) == (503, "blob_store_unavailable")
    blobs.fail_with = None
    whole = dict(blobs.stored)
    for damaged in (b"on", b"ones", None):
        blobs.stored = {key: bytes_ for key, bytes_ in whole.items() if bytes_ != b"one"}
        if damaged is not None:
            [key] = [key for key, bytes_ in whole.items() if bytes_ == b"one"]
            blobs.stored[key] = damaged
        missing = await client.get(ARCHIVE)
        assert (missing.status_code, missing.json()["code"]) == (500, "blob_missing")
    assert checksums_of(catalog)["a"] is None
    blobs.stored = whole
    assert (await client.get(ARCHIVE)).status_code == 200


class Reading:
    """Opens a store's blobs, and notes which, and how many at once."""

    def __init__(self, blobs: FakeBlobStore) -> None:
        self._open = blobs.open
        self._count = 0
        self.read: list[str] = []
        self.most = 0

    @asynccontextmanager
    async def open(self, key: str, part: ByteRange | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        self.read.append(key)
        self._count += 1
        self.most = max(self.most, self._count)
        try:
            await anyio.lowlevel.checkpoint()
            async with self._open(key, part) as chunks:
                yield chunks
        finally:
            self._count -= 1


class Parts:
    """The parts of `MissingChecksums`, and blobs of these sizes without a checksum."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.database = FakeDatabase()
        self.blobs = FakeBlobStore()
        self.reading = Reading(self.blobs)
        self.members: list[Member] = []
        for size in sizes:
            blob = BlobFactory.build(size=size, crc32=None)
            self.database.blobs[blob.key] = BlobRow(state="live", blob=blob)
            self.blobs.stored[blob.key] = blob.key.encode() * (size // 32 + 1)
            self.blobs.stored[blob.key] = self.blobs.stored[blob.key][:size]
            self.members.append(MemberFactory.build(blob_key=blob.key, size=size, crc32=None))
        self.checksums = MissingChecksums(FakeArchives(self.database), self.blobs)

    @property
    def right(self) -> list[int]:
        return [zlib.crc32(self.blobs.stored[member.blob_key]) for member in self.members]

    @property
    def kept(self) -> list[int | None]:
        rows = [self.database.blobs[member.blob_key].blob for member in self.members]
        return [None if blob is None else blob.crc32 for blob in rows]


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Parts:
    parts = Parts([*([5] * 40), 200_000, 0, 200_001, *([70_000] * 10)])
    monkeypatch.setattr(parts.blobs, "open", parts.reading.open)
    return parts


async def test_archives_at_once_read_each_blob_once_and_few_of_them_together(parts: Parts) -> None:
    found: list[list[int]] = []

    async def find() -> None:
        found.append(await parts.checksums.of(parts.members))

    async with anyio.create_task_group() as archives:
        for _ in range(5):
            archives.start_soon(find)
    assert found == [parts.right] * 5
    assert parts.kept == parts.right
    assert sorted(parts.reading.read) == sorted(member.blob_key for member in parts.members)
    assert parts.reading.most == CONCURRENCY


async def test_known_checksums_are_taken_as_they_are_and_files_on_one_blob_share_theirs(parts: Parts) -> None:
    known = replace(parts.members[0], crc32=7)
    assert await parts.checksums.of([known, parts.members[1], parts.members[1]]) == [7, *[parts.right[1]] * 2]
    assert parts.reading.read == [parts.members[1].blob_key]


@pytest.mark.parametrize("failure", [CATALOG_DOWN, OutcomeUnknownError("It may be kept.")])
async def test_a_checksum_that_cannot_be_kept_is_right_all_the_same(parts: Parts, failure: Exception) -> None:
    parts.database.fail_with = failure
    assert await parts.checksums.of(parts.members) == parts.right
    parts.database.fail_with = None
    assert set(parts.kept) == {None}


async def test_what_was_computed_before_a_failure_is_kept(parts: Parts) -> None:
    del parts.blobs.stored[parts.members[-1].blob_key]
    with pytest.raises(BlobMissingError):
        await parts.checksums.of(parts.members)
    assert len(set(parts.kept) - {None}) > 1
    assert parts.kept[-1] is None


async def test_an_archive_that_is_cancelled_leaves_the_reading_to_one_that_waits(parts: Parts) -> None:
    member = parts.members[40]
    found: list[list[int]] = []

    async def find() -> None:
        found.append(await parts.checksums.of([member]))

    async with anyio.create_task_group() as waiting, anyio.create_task_group() as first:
        first.start_soon(find)
        while not parts.reading.read:
            await anyio.lowlevel.checkpoint()
        waiting.start_soon(find)
        await anyio.lowlevel.checkpoint()
        first.cancel_scope.cancel()
    assert found == [[parts.right[40]]]
    assert parts.reading.read == [member.blob_key] * 2


async def test_resumable_uploads_have_the_checksum_of_all_their_bytes(
    service: Service, client: httpx.AsyncClient, catalog: FakeCatalog
) -> None:
    whole = await begin(client, 10, **{"Upload-Metadata": encoded(filename="whole")})
    assert (await add(client, whole, 0, b"01234")).status_code == 204
    assert (await add(client, whole, 5, b"56789")).status_code == 204
    cut = await begin(client, 10, **{"Upload-Metadata": encoded(filename="elsewhere")})
    await client.patch(cut, content=broken(b"0123"), headers={**BYTES, "Upload-Offset": "0"})
    async with open_service(service.fakes) as other, client_of(other.app) as elsewhere:
        assert (await add(elsewhere, cut, 4, b"456789")).status_code == 204
    parts = [await begin(client, 5, **{"Upload-Concat": "partial"}) for _ in range(2)]
    for part, data in zip(parts, (b"01234", b"56789"), strict=True):
        await add(client, part, 0, data)
    final = {"Upload-Concat": f"final;{' '.join(parts)}", "Upload-Metadata": encoded(filename="joined")}
    assert (await client.post(UPLOADS, headers={**TUS, **final})).status_code == 201
    assert checksums_of(catalog) == dict.fromkeys(("whole", "elsewhere", "joined"), zlib.crc32(b"0123456789"))


@pytest.mark.parametrize("knows_no_sums", [True, False])
async def test_a_direct_upload_has_a_checksum_unless_the_store_hashes_it(
    client: httpx.AsyncClient, catalog: FakeCatalog, direct: FakeDirectAccess, *, knows_no_sums: bool
) -> None:
    direct.knows_no_sums = knows_no_sums
    upload = await direct_requests.begin(client, b"0123456789")
    direct_requests.send(direct, upload, b"0123456789")
    assert (await direct_requests.complete(client, upload)).status_code == 201
    right = zlib.crc32(b"0123456789")
    assert checksums_of(catalog) == {"a.txt": right if knows_no_sums else None}
    assert (await client.get(ARCHIVE)).status_code == 200
    assert checksums_of(catalog) == {"a.txt": right}
