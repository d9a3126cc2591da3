"""Small files that are published several in one call."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest

from adapters.disk import DiskBlobStore
from adapters.disk.layout import sync_directory
from adapters.disk.staged_file import StagedFile, publish_all
from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.store import read, stream

# Far more than there are calls.
MANY = 100


def staged(root: Path, key: str) -> StagedFile:
    return StagedFile(temporary=root / "tmp" / key, final=root / key[-2:] / key)


def temporary_files(root: Path) -> list[str]:
    return [path.name for path in (root / "tmp").iterdir()]


async def test_many_small_blobs_are_put_at_once(store: DiskBlobStore) -> None:
    bodies = {new_blob_key(): b"%d" % number * 1000 for number in range(MANY)}
    async with anyio.create_task_group() as group:
        for key, body in bodies.items():
            group.start_soon(put, store, key, body)
    assert {key: await read(store, key) for key in bodies} == bodies


async def put(store: DiskBlobStore, key: str, body: bytes) -> None:
    await store.put(key, stream(body), size=len(body))


async def test_those_that_wait_share_calls(store: DiskBlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    shared: list[int] = []

    def recorded(files: list[tuple[StagedFile, list[bytes]]]) -> list[OSError | None]:
        shared.append(len(files))
        return publish_all(files)

    monkeypatch.setattr("adapters.disk.group_commit.publish_all", recorded)
    async with anyio.create_task_group() as group:
        for _ in range(MANY):
            group.start_soon(put, store, new_blob_key(), b"bytes")
    assert sum(shared) == MANY
    assert 1 < max(shared) <= 16


async def test_a_key_that_is_taken_fails_alone(store: DiskBlobStore, tmp_path: Path) -> None:
    taken, others = new_blob_key(), [new_blob_key() for _ in range(MANY)]
    await put(store, taken, b"first")

    async def put_again() -> None:
        with pytest.raises(BlobStoreUnavailableError):
            await put(store, taken, b"second")

    async with anyio.create_task_group() as group:
        for number, key in enumerate(others):
            group.start_soon(put, store, key, b"bytes")
            if number % 10 == 0:
                group.start_soon(put_again)
            if number == MANY // 2:
                group.start_soon(put_again)
    assert await read(store, taken) == b"first"
    assert [await read(store, key) for key in others] == [b"bytes"] * MANY
    assert temporary_files(tmp_path) == []


async def test_callers_that_are_cancelled_leave_nothing_and_disturb_nobody(
    store: DiskBlobStore, tmp_path: Path
) -> None:
    given_up, others = [new_blob_key() for _ in range(MANY)], [new_blob_key() for _ in range(MANY)]

    async def give_up(key: str, leaving: anyio.CancelScope) -> None:
        with leaving:
            await put(store, key, b"bytes")

    scopes = [anyio.CancelScope() for _ in given_up]
    async with anyio.create_task_group() as group:
        for one, other, scope in zip(given_up, others, scopes, strict=True):
            group.start_soon(give_up, one, scope)
            group.start_soon(put, store, other, b"bytes")
        await anyio.lowlevel.checkpoint()
        for scope in scopes:
            scope.cancel()
    assert [await read(store, key) for key in others] == [b"bytes"] * MANY
    for key in given_up:
        await store.abort(key)
    await store.delete(given_up)
    assert temporary_files(tmp_path) == []
    assert sorted([blob.key async for blob in store.list_stored()]) == sorted(others)


def test_the_names_of_all_come_after_the_bytes_of_all_and_each_directory_is_synced_once(
    store: DiskBlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def recorded_sync(self: StagedFile, descriptor: int) -> None:
        steps.append("sync")
        os.fsync(descriptor)

    def recorded_rename(self: StagedFile) -> None:
        steps.append("rename")
        self._temporary.rename(self._final)

    def recorded_directory(directory: Path) -> None:
        steps.append("directory")
        sync_directory(directory)

    monkeypatch.setattr(StagedFile, "_sync", recorded_sync)
    monkeypatch.setattr(StagedFile, "_rename", recorded_rename)
    monkeypatch.setattr("adapters.disk.staged_file.sync_directory", recorded_directory)
    keys = [f"{new_blob_key()[:-2]}{end}" for end in ("00", "01", "00")]
    assert publish_all([(staged(tmp_path, key), [b"bytes"]) for key in keys]) == [None] * 3
    assert steps == ["sync"] * 3 + ["rename"] * 3 + ["directory"] * 2


def test_a_file_whose_sync_fails_gets_no_name(
    store: DiskBlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, failing, other = (new_blob_key() for _ in range(3))
    broken = staged(tmp_path, failing)

    def sync(self: StagedFile, descriptor: int) -> None:
        if self is broken:
            raise OSError(errno.EIO, "broken")
        os.fsync(descriptor)

    monkeypatch.setattr(StagedFile, "_sync", sync)
    errors = publish_all([(staged(tmp_path, one), [b"a"]), (broken, [b"b"]), (staged(tmp_path, other), [b"c"])])
    assert [error and error.errno for error in errors] == [None, errno.EIO, None]
    assert not (tmp_path / failing[-2:] / failing).exists()
    broken.discard()
    assert temporary_files(tmp_path) == []


def test_a_file_that_is_discarded_between_two_steps_gets_no_name(store: DiskBlobStore, tmp_path: Path) -> None:
    key = new_blob_key()
    file = staged(tmp_path, key)
    file.stage([b"bytes"])
    file.sync()
    with ThreadPoolExecutor(1) as threads:
        threads.submit(file.discard).result()
    with pytest.raises(OSError, match="discarded"):
        file.rename()
    assert not (tmp_path / key[-2:] / key).exists()
    assert temporary_files(tmp_path) == []
