"""A disk that does not answer, as a network's disk does not when the network is gone.

The operating system is made to hang for real: opening a named pipe waits until somebody writes into it.
"""

import os
from contextlib import suppress
from pathlib import Path

import anyio
import pytest

from adapters.circuit import Circuit, CircuitBlobStore
from adapters.disk import DiskBlobStore, open_disk_blob_store
from domain.blobs.errors import BlobStoreRefusedError, BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobStore
from tests.contracts.blob_store.store import read, stream
from tests.fakes.clock import FakeClock
from tests.integration.disk.test_directory import open_files, tells_open_files

# More than there are threads for reading.
MANY = 20


@pytest.fixture
async def root(tmp_path: Path) -> Path:
    await open_disk_blob_store(tmp_path)
    return tmp_path


@pytest.fixture
def store(root: Path) -> DiskBlobStore:
    # Far longer than a disk takes that does not stall, on a busy machine too.
    return DiskBlobStore(root, timeout=5)


def hang(root: Path) -> str:
    """Return a key of which opening the file hangs."""
    key = new_blob_key()
    os.mkfifo(root / key[-2:] / key)
    return key


def go_on(root: Path, key: str) -> None:
    """Let the calls that hang at `key` go on."""
    os.close(os.open(root / key[-2:] / key, os.O_RDWR | os.O_NONBLOCK))


async def fails(store: BlobStore, key: str) -> None:
    with pytest.raises(BlobStoreUnavailableError) as raised:
        await store.open(key).__aenter__()
    assert not isinstance(raised.value, BlobStoreRefusedError)


async def is_served(store: BlobStore, key: str) -> bool:
    with suppress(BlobStoreUnavailableError):
        return await read(store, key) == b"bytes"
    return False


async def test_callers_of_a_disk_that_stalls_are_answered(store: DiskBlobStore, root: Path) -> None:
    key = hang(root)
    await fails(store, key)
    go_on(root, key)


async def test_others_are_served_while_one_call_hangs(store: DiskBlobStore, root: Path) -> None:
    key, other = hang(root), new_blob_key()
    await fails(store, key)
    await store.put(other, stream(b"bytes"), size=5)
    assert await read(store, other) == b"bytes"
    go_on(root, key)


@tells_open_files
async def test_when_all_threads_hung_everything_works_again_after_it_and_nothing_stays_open(
    store: DiskBlobStore, root: Path
) -> None:
    key, other = hang(root), new_blob_key()
    await DiskBlobStore(root).put(other, stream(b"bytes"), size=5)
    async with anyio.create_task_group() as group:
        for _ in range(MANY):
            group.start_soon(fails, store, key)
    await fails(store, other)
    pipe = os.open(root / key[-2:] / key, os.O_RDWR | os.O_NONBLOCK)
    while not await is_served(store, other):
        await anyio.lowlevel.checkpoint()
    os.close(pipe)
    while open_files(root):
        await anyio.lowlevel.checkpoint()


async def test_a_disk_that_stalls_opens_the_circuit(store: DiskBlobStore, root: Path) -> None:
    key, clock, changes = hang(root), FakeClock(), list[bool]()
    guarded = CircuitBlobStore(store, Circuit(clock, failures=2, pause=5, on_change=changes.append))
    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(fails, guarded, key)
    assert changes == [True]
    with pytest.raises(BlobStoreUnavailableError):
        await guarded.put(new_blob_key(), stream(b"bytes"), size=5)
    go_on(root, key)
    clock.advance(5)
    await guarded.put(new_blob_key(), stream(b"bytes"), size=5)
    assert changes == [True, False]
