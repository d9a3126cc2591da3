"""The files of the blob store in a directory, and failures of its disk."""

import asyncio
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from adapters.disk import DiskBlobStore, open_disk_blob_store
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.model import StoredBlob, new_blob_key
from domain.values.ranges import ByteRange
from tests.contracts.blob_store.store import is_missing, payload, read, stream

MIB = 1024**2


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data" / "blobs"


@pytest.fixture
async def store(root: Path) -> DiskBlobStore:
    return await open_disk_blob_store(root)


def files(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]


def names(root: Path) -> list[str]:
    return [path.name for path in root.rglob("*")]


def open_files(root: Path) -> list[str]:
    """Return which files below `root` this process has open; the operating system tells on Linux."""
    found: list[str] = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found.append(str(descriptor.readlink()))
    return [name for name in found if name.startswith(str(root))]


tells_open_files = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the open files are not told")


@pytest.fixture
def small_files_only() -> Iterator[None]:
    """Let the operating system refuse to write beyond 2 MiB of a file, as it does where a disk is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="the system does not count reads")
async def test_a_kibibyte_of_a_large_file_moves_a_kibibyte(store: DiskBlobStore, root: Path) -> None:
    key, size = new_blob_key(), 10 * 1024**3
    await store.put(key, stream(b"bytes"), size=5)
    os.truncate(root / files(root)[0], size)  # a hole, which takes no space
    before = bytes_read()
    assert await read(store, key, ByteRange(size - 5000, 1024)) == bytes(1024)
    assert await read(store, key, ByteRange(1, 4)) == b"ytes"
    assert bytes_read() - before < 64 * 1024


def bytes_read() -> int:
    """Return how many bytes this process has read; Linux counts them."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(next(line.removeprefix("rchar: ") for line in lines if line.startswith("rchar: ")))


async def test_a_blob_lies_in_the_directory_of_its_last_digits(store: DiskBlobStore, root: Path) -> None:
    key = new_blob_key()
    await store.put(key, stream(b"bytes"), size=5)
    assert files(root) == [f"{key[-2:]}/{key}"]


async def test_a_store_that_is_opened_again_has_its_blobs(store: DiskBlobStore, root: Path) -> None:
    key = new_blob_key()
    await store.put(key, stream(b"bytes"), size=5)
    again = await open_disk_blob_store(root)
    assert await read(again, key) == b"bytes"


async def test_a_directory_that_cannot_be_made_is_no_store(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.touch()
    with pytest.raises(BlobStoreUnavailableError):
        await open_disk_blob_store(occupied)


async def test_a_key_that_is_taken_keeps_its_bytes(store: DiskBlobStore, root: Path) -> None:
    key = new_blob_key()
    await store.put(key, stream(b"first"), size=5)
    with pytest.raises(BlobStoreUnavailableError):
        await store.put(key, stream(b"second"), size=6)
    assert await read(store, key) == b"first"
    assert files(root) == [f"{key[-2:]}/{key}"]


@pytest.mark.parametrize("key", ["", "..", "../../../etc/passwd", "A" * 32, "0" * 31, "0" * 33, "0" * 32 + "\n"])
async def test_nothing_but_a_key_becomes_a_path(store: DiskBlobStore, key: str) -> None:
    with pytest.raises(ValueError, match="blob key"):
        await store.put(key, stream(b"bytes"), size=5)
    with pytest.raises(ValueError, match="blob key"):
        await store.open(key).__aenter__()
    with pytest.raises(ValueError, match="blob key"):
        await store.delete([key])
    with pytest.raises(ValueError, match="blob key"):
        await store.abort(key)


@tells_open_files
@pytest.mark.parametrize("size", [0, 10, MIB, 5 * MIB])
async def test_no_way_of_reading_keeps_a_file_open(store: DiskBlobStore, root: Path, size: int) -> None:
    key = new_blob_key()
    await store.put(key, stream(payload(size)), size=size)
    await read(store, key)
    async with store.open(key) as chunks:
        async for _ in chunks:
            break
        assert open_files(root) == ([] if size <= 512 * 1024 else [str(root / key[-2:] / key)])
    async with store.open(key):
        pass
    with pytest.raises(BlobMissingError):
        await store.open(new_blob_key()).__aenter__()
    assert open_files(root) == []


@tells_open_files
async def test_no_cancelled_call_keeps_a_file_open(store: DiskBlobStore, root: Path) -> None:
    data, key = payload(3 * MIB), new_blob_key()
    await store.put(key, stream(data), size=None)
    # Each is cancelled one step of the event loop later than the one before: so at every await.
    for steps in range(60):
        tasks = [
            asyncio.create_task(store.put(new_blob_key(), stream(data, MIB), size=None)),
            asyncio.create_task(read(store, key)),
        ]
        for _ in range(steps):
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert open_files(root) == []
    assert [name for name in files(root) if name.startswith("tmp/")] == []


async def test_a_file_that_lost_its_end_is_not_read_cleanly_short(store: DiskBlobStore, root: Path) -> None:
    data, key = payload(3 * MIB), new_blob_key()
    await store.put(key, stream(data), size=None)

    async def read_on() -> None:
        async with store.open(key) as chunks:
            await anext(chunks)
            os.truncate(root / key[-2:] / key, MIB)
            async for _ in chunks:
                pass

    with pytest.raises(BlobStoreUnavailableError):
        await read_on()


async def test_a_write_that_the_disk_refuses_leaves_nothing(
    store: DiskBlobStore, root: Path, small_files_only: None
) -> None:
    with pytest.raises(BlobStoreUnavailableError):
        await store.put(new_blob_key(), stream(payload(5 * MIB)), size=None)
    assert files(root) == []


async def test_a_process_that_dies_leaves_nothing_to_be_read_and_abort_removes_the_rest(
    store: DiskBlobStore, root: Path
) -> None:
    key = new_blob_key()
    program = f"""
import anyio, os
from pathlib import Path
from adapters.disk import DiskBlobStore

async def body():
    yield bytes(2 * {MIB})
    yield bytes(2 * {MIB})
    os._exit(9)

anyio.run(lambda: DiskBlobStore(Path({str(root)!r})).put({key!r}, body(), size=None))
"""
    died = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program], check=False)
    assert died.returncode == 9
    assert files(root) == [f"tmp/{key}"]
    assert await is_missing(store, key)
    await store.abort(key)
    assert files(root) == []


async def test_a_put_whose_temporary_file_was_aborted_stores_nothing(store: DiskBlobStore, root: Path) -> None:
    key = new_blob_key()

    async def body() -> AsyncIterator[bytes]:
        yield payload(2 * MIB)
        await store.abort(key)

    with pytest.raises(BlobStoreUnavailableError):
        await store.put(key, body(), size=None)
    assert files(root) == []


async def test_a_directory_that_is_gone_is_not_a_blob_that_is_missing(store: DiskBlobStore, root: Path) -> None:
    key = new_blob_key()
    await store.put(key, stream(b"bytes"), size=5)
    shutil.rmtree(root)
    with pytest.raises(BlobStoreUnavailableError):
        await store.open(key).__aenter__()
    with pytest.raises(BlobStoreUnavailableError):
        await store.put(new_blob_key(), stream(b"bytes"), size=5)
    with pytest.raises(BlobStoreUnavailableError):
        await store.abort(key)
    assert await store.delete([key]) == {key}
    with pytest.raises(BlobStoreUnavailableError):
        await store.check()


async def test_a_file_that_cannot_be_removed_does_not_hold_up_the_others(store: DiskBlobStore, root: Path) -> None:
    stuck, others = new_blob_key(), [new_blob_key() for _ in range(3)]
    for key in others:
        await store.put(key, stream(b"bytes"), size=5)
    (root / stuck[-2:] / stuck).mkdir()  # which no unlink removes, not even root's
    assert await store.delete([others[0], stuck, *others[1:]]) == {stuck}
    assert [await is_missing(store, key) for key in others] == [True] * 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_directory_that_is_read_only_fails_the_check(store: DiskBlobStore, root: Path) -> None:
    (root / "tmp").chmod(0o500)
    with pytest.raises(BlobStoreUnavailableError):
        await store.check()
    (root / "tmp").chmod(0o700)


async def test_a_directory_that_is_not_there_for_writing_fails_the_check(store: DiskBlobStore, root: Path) -> None:
    (root / "tmp").rmdir()
    with pytest.raises(BlobStoreUnavailableError):
        await store.check()


async def test_a_check_leaves_nothing(store: DiskBlobStore, root: Path) -> None:
    await store.check()
    assert files(root) == []


async def test_a_listing_of_a_directory_that_is_not_all_there_is_an_error(store: DiskBlobStore, root: Path) -> None:
    key = f"{new_blob_key()[:-2]}00"
    await store.put(key, stream(b"bytes"), size=5)
    (root / "ff").rmdir()
    (root / "tmp").rmdir()
    listing = store.list_stored()
    assert await anext(listing) == StoredBlob(key=key, size=5)
    with pytest.raises(BlobStoreUnavailableError):
        await anext(listing)
    with pytest.raises(BlobStoreUnavailableError):
        await anext(store.list_unfinished())


async def test_a_blob_is_not_missing_where_its_directory_is(store: DiskBlobStore, root: Path) -> None:
    shutil.rmtree(root)
    with pytest.raises(BlobStoreUnavailableError):
        await store.get_size(new_blob_key())


async def test_a_store_that_is_not_there_is_not_made_by_looking_at_it(root: Path, tmp_path: Path) -> None:
    store = DiskBlobStore(root)
    with pytest.raises(BlobStoreUnavailableError):
        await anext(store.list_stored())
    assert names(tmp_path) == []
