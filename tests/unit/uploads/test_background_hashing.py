"""Hashing beside the event loop."""

import hashlib
import random

import anyio
import pytest

from domain.blobs.background_hashing import BackgroundHashing
from domain.blobs.gathered import Gathered, piece_size

KIB = 1024
DATA = random.Random(3).randbytes(5 * KIB * KIB + 17)


async def hashed(data: bytes, chunk: int) -> str:
    sha256 = hashlib.sha256()
    with BackgroundHashing(sha256.update) as hashing:
        for start in range(0, len(data), chunk):
            await hashing.add(data[start : start + chunk])
        await hashing.finish()
    return sha256.hexdigest()


@pytest.mark.parametrize("chunk", [1021, 16 * KIB, 100_000, 256 * KIB, 3 * KIB * KIB])
async def test_all_bytes_are_hashed_in_their_order(chunk: int) -> None:
    assert await hashed(DATA, chunk) == hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize("size", [100, 300_000, len(DATA)])
async def test_several_hashes_have_all_bytes_each(size: int) -> None:
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with BackgroundHashing(sha256.update, md5.update) as hashing:
        for start in range(0, size, 70_000):
            await hashing.add(DATA[start : min(size, start + 70_000)])
        await hashing.finish()
    assert sha256.digest() == hashlib.sha256(DATA[:size]).digest()
    assert md5.digest() == hashlib.md5(DATA[:size], usedforsecurity=False).digest()


async def test_nothing_and_little_are_hashed_too() -> None:
    for size in (0, 1, 96 * KIB, 96 * KIB + 1):
        assert await hashed(DATA[:size], 1000) == hashlib.sha256(DATA[:size]).hexdigest()


async def test_many_are_hashed_at_once() -> None:
    async def check(size: int) -> None:
        assert await hashed(DATA[:size], 70_000) == hashlib.sha256(DATA[:size]).hexdigest()

    async with anyio.create_task_group() as group:
        for number in range(40):
            group.start_soon(check, 100_000 * number)


async def test_one_that_is_given_up_disturbs_no_other() -> None:
    for _ in range(3):
        with BackgroundHashing(hashlib.sha256().update) as given_up:
            await given_up.add(DATA)
    assert await hashed(DATA, KIB * KIB) == hashlib.sha256(DATA).hexdigest()


async def test_an_error_of_the_hash_comes_out() -> None:
    def fail(data: bytes) -> None:
        raise ValueError(len(data))

    with BackgroundHashing(fail) as hashing:
        await hashing.add(DATA)
        with pytest.raises(ValueError, match=str(len(DATA))):
            await hashing.finish()


def test_small_chunks_are_joined_and_large_ones_are_not_copied() -> None:
    gathered, large = Gathered(), bytes(100_000)
    for chunk in (b"a", b"", b"bc", large, b"d", large, large, b"e", b"f"):
        gathered.add(chunk)
    assert [bytes(each) for each in gathered.chunks] == [b"abc", large, b"d", large, large, b"ef"]
    assert gathered.chunks[1] is large
    assert gathered.size == 6 + 3 * len(large)


def test_pieces_are_smaller_where_many_gather() -> None:
    sizes = [piece_size(bodies) for bodies in (0, 1, 8, 16, 50, 1000)]
    assert sizes == [KIB * KIB, KIB * KIB, KIB * KIB, 512 * KIB, 8 * KIB * KIB // 50, 128 * KIB]
