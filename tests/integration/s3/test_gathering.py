"""The bytes of a part while they arrive: in memory as far as the budget goes, and on the disk beyond."""

import hashlib
import resource
import tempfile
import tracemalloc
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.s3.multipart.budget import Budget
from adapters.s3.multipart.parts import Parts
from adapters.s3.part import Part
from tests.contracts.blob_store.store import payload, stream

MIB = 1024**2
FREE = 64 * 1024


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def content(part: Part) -> bytes:
    return b"".join([bytes(piece) async for piece in part.read()])


async def assert_part_is(part: Part, data: bytes) -> None:
    assert part.size == len(data)
    assert await content(part) == data
    assert await content(part) == data, "It can be read again."
    assert await part.md5() == b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


@pytest.mark.parametrize("size", [0, 1, FREE])
async def test_a_small_body_takes_no_memory_from_the_budget(size: int) -> None:
    memory = Budget(0)
    parts = Parts(stream(payload(size)), memory)
    await parts.gather(8 * MIB)
    part = parts.take()
    assert (parts.ended, part.is_spooled, memory.peak) == (True, False, 0)
    await assert_part_is(part, payload(size))
    assert b"".join(part.pieces()) == payload(size)


@pytest.mark.parametrize("chunk", [1000, 60_000, 65_536, 3_000_000])
async def test_a_part_is_in_memory_as_long_as_there_is_some(chunk: int) -> None:
    memory, data = Budget(8 * MIB), payload(5 * MIB + 7)
    parts = Parts(stream(data, chunk), memory)
    await parts.gather(8 * MIB)
    part = parts.take()
    assert not part.is_spooled
    assert memory.held >= part.size - FREE
    await assert_part_is(part, data)
    part.release()
    part.release()
    assert memory.held == 0


@pytest.mark.parametrize("budget", [0, MIB, 3 * MIB])
@pytest.mark.parametrize("chunk", [1000, 65_536, 3_000_000])
async def test_a_part_beyond_the_budget_is_on_the_disk(budget: int, chunk: int) -> None:
    memory, data = Budget(budget), payload(5 * MIB + 7)
    parts = Parts(stream(data, chunk), memory)
    await parts.gather(4 * MIB)
    first = parts.take()
    assert first.is_spooled
    assert memory.held == 0, "Others may have what is not needed any more."
    await parts.gather(4 * MIB)
    second = parts.take()
    await assert_part_is(first, data[: 4 * MIB])
    await assert_part_is(second, data[4 * MIB :])
    parts.close()
    assert memory.held == 0
    assert memory.peak <= budget


async def test_a_part_that_follows_others_has_their_bytes_first() -> None:
    for memory in (Budget(0), Budget(8 * MIB)):
        parts = Parts(stream(payload(MIB)), memory)
        await parts.gather(MIB)
        own = parts.take()
        joined = own.following([b"one", b"two"])
        await assert_part_is(joined, b"onetwo" + payload(MIB))
        await assert_part_is(joined.following([b"zero"]), b"zeroonetwo" + payload(MIB))
        joined.release()
        assert own.is_released
        assert memory.held == 0


async def test_the_memory_of_a_spooled_part_is_small() -> None:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(512):
            yield bytes(FREE)

    parts = Parts(body(), Budget(0))
    tracemalloc.start()
    try:
        await parts.gather(32 * MIB)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert parts.gathered == 32 * MIB
    assert peak < MIB
    parts.close()


async def test_bytes_one_by_one_take_little_more_memory_than_their_number() -> None:
    async def body() -> AsyncIterator[bytes]:
        for number in range(300_000):
            yield bytes([number % 256])

    parts = Parts(body(), Budget(MIB))
    tracemalloc.start()
    try:
        await parts.gather(MIB)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MIB
    await assert_part_is(parts.take(), bytes(number % 256 for number in range(300_000)))


async def test_where_no_file_can_be_made_the_part_stays_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    parts = Parts(stream(payload(3 * MIB), FREE), Budget(MIB))
    await parts.gather(3 * MIB)
    part = parts.take()
    assert not part.is_spooled
    await assert_part_is(part, payload(3 * MIB))


async def test_what_a_full_disk_does_not_take_stays_in_memory() -> None:
    parts = Parts(stream(payload(3 * MIB), 100_000), Budget(0))
    with largest_file(MIB + 1):
        await parts.gather(3 * MIB)
    part = parts.take()
    assert part.is_spooled
    await assert_part_is(part, payload(3 * MIB))
    parts.close()
