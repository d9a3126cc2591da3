"""The files of blobs that arrive by several appends."""

import os
import resource
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from anyio import Event, create_task_group

from adapters.disk import DiskBlobStore, DiskPartialBlobs, open_disk_blob_store
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError, BlobStoreUnavailableError, PartialBusyError
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.store import read
from tests.contracts.partial_blobs.partial_blobs import MIB, Records, Upload, begin, hanging, piece
from tests.integration.disk.test_directory import files, open_files, tells_open_files

APPENDER = """
import asyncio, sys
from pathlib import Path
from adapters.disk import DiskPartialBlobs

async def body():
    yield b"acknowledged"
    yield bytes(64 * 1024**2)
    yield b"lost" * 1_000_000
    print("written", flush=True)
    await asyncio.Event().wait()

async def keep(progress):
    pass

async def main():
    partials = DiskPartialBlobs(Path(sys.argv[1]))
    progress = await partials.begin(sys.argv[2])
    await partials.append(sys.argv[2], progress, body(), size=None, checkpoint=keep)

asyncio.run(main())
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
async def store(root: Path) -> DiskBlobStore:
    return await open_disk_blob_store(root)


@pytest.fixture
def partials(store: DiskBlobStore, root: Path) -> DiskPartialBlobs:
    return DiskPartialBlobs(root)


# On most systems the one filesystem that is surely another than that of the temporary directories.
MEMORY = Path("/dev/shm")  # noqa: S108 - nothing is kept there under a name that others could guess


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A directory on another filesystem, between which and a disk nothing is copied by the system itself."""
    with TemporaryDirectory(dir=MEMORY) as directory:
        yield Path(directory)


async def test_a_second_caller_is_refused_until_the_first_has_ended(
    store: DiskBlobStore, partials: DiskPartialBlobs, root: Path
) -> None:
    first, waiting = await begin(partials), Event()
    async with create_task_group() as group:
        group.start_soon(first.append, hanging(b"first", waiting))
        await waiting.wait()
        second = Upload(DiskPartialBlobs(root), first.key, Records(first.records.progress))
        with pytest.raises(PartialBusyError):
            await second.append(b"second")
        with pytest.raises(PartialBusyError):
            await second.complete()
        group.cancel_scope.cancel()
    await first.append(b"more")
    await first.complete()
    assert await read(store, first.key) == b"firstmore"


async def test_a_caller_that_was_killed_holds_nothing(
    store: DiskBlobStore, partials: DiskPartialBlobs, root: Path
) -> None:
    key = new_blob_key()
    appender = await create_subprocess_exec(sys.executable, "-c", APPENDER, root, key, stdout=PIPE)
    assert appender.stdout is not None
    assert await appender.stdout.readline() == b"written\n"
    upload = Upload(partials, key, Records(await partials.begin(key)))
    with pytest.raises(PartialBusyError):
        await upload.append(b"too early")
    appender.kill()
    await appender.wait()
    assert (root / "tmp" / key).stat().st_size > 64 * MIB
    await upload.append(b"other bytes")
    await upload.complete()
    assert await read(store, key) == b"other bytes"
    assert files(root) == [f"{key[-2:]}/{key}"]


async def test_a_file_that_was_given_its_name_before_a_kill_is_complete(
    store: DiskBlobStore, partials: DiskPartialBlobs, root: Path
) -> None:
    upload = await begin(partials)
    await upload.append(b"bytes")
    (root / "tmp" / upload.key).rename(root / upload.key[-2:] / upload.key)
    await upload.complete()
    assert await read(store, upload.key) == b"bytes"


async def test_a_file_that_a_late_caller_made_beside_a_complete_blob_is_removed_with_it(
    store: DiskBlobStore, partials: DiskPartialBlobs, root: Path
) -> None:
    upload = await begin(partials)
    await upload.complete()
    (root / "tmp" / upload.key).write_bytes(b"late")
    await upload.complete()
    assert await read(store, upload.key) == b""
    assert files(root) == [f"{upload.key[-2:]}/{upload.key}"]


async def test_a_file_that_lost_bytes_is_missing(partials: DiskPartialBlobs, root: Path) -> None:
    upload = await begin(partials)
    await upload.append(b"bytes")
    os.truncate(root / "tmp" / upload.key, 4)
    with pytest.raises(BlobMissingError):
        await upload.append(b"more")
    with pytest.raises(BlobMissingError):
        await upload.complete()


async def test_a_directory_that_is_gone_is_not_a_missing_blob(partials: DiskPartialBlobs, root: Path) -> None:
    upload = await begin(partials)
    await upload.append(b"bytes")
    (root / "tmp").rename(root / "gone")
    with pytest.raises(BlobStoreUnavailableError):
        await upload.append(b"more")
    with pytest.raises(BlobStoreUnavailableError):
        await upload.complete()


async def test_an_append_goes_on_from_the_bytes_acknowledged_before_the_disk_was_full(
    store: DiskBlobStore, partials: DiskPartialBlobs
) -> None:
    upload = await begin(partials)
    await upload.append(piece(MIB))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, limits[1]))  # as where a disk is full
    try:
        with pytest.raises(BlobStoreRefusedError):
            await upload.append(piece(2 * MIB, seed=1))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert upload.records.progress.size == MIB
    await upload.append(piece(2 * MIB, seed=2))
    await upload.complete()
    assert await read(store, upload.key) == piece(MIB) + piece(2 * MIB, seed=2)


@tells_open_files
async def test_no_call_keeps_a_file_open(store: DiskBlobStore, partials: DiskPartialBlobs, root: Path) -> None:
    upload = await begin(partials)
    await upload.append(piece(3 * MIB))
    await upload.complete()
    await partials.concatenate(new_blob_key(), [upload.key])
    with pytest.raises(BlobMissingError):
        await upload.append(b"late")
    assert open_files(root) == []


@pytest.mark.skipif(not MEMORY.is_dir(), reason="there is no other filesystem")
async def test_bytes_that_the_system_does_not_copy_are_read_and_written(
    store: DiskBlobStore, partials: DiskPartialBlobs, root: Path, elsewhere: Path
) -> None:
    source, key = f"{new_blob_key()[:-2]}00", f"{new_blob_key()[:-2]}01"
    (elsewhere / source).write_bytes(piece(3 * MIB + 1))
    (root / "00").rmdir()
    (root / "00").symlink_to(elsewhere)
    await partials.concatenate(key, [source, source])
    assert await read(store, key) == piece(3 * MIB + 1) * 2
