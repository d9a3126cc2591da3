"""The contract of `domain.blobs.ports.PartialBlobs` with one caller."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from functools import lru_cache

import msgspec
import pytest
from anyio import Event, create_task_group, sleep_forever

from domain.blobs.errors import BlobMissingError
from domain.blobs.model import new_blob_key
from domain.blobs.partials import Progress
from domain.blobs.ports import BlobStore, PartialBlobs
from domain.errors import LeaseLostError
from tests.contracts.blob_store.listing import stored, unfinished
from tests.contracts.blob_store.store import BodyFailed, Leftovers, is_missing, payload, read, stream, stream_all

MIB = 1024**2
# The least that S3 takes as a part that is not the last.
PART = 5 * MIB
LEASE_LOST = LeaseLostError("Somebody else goes on.")
# Its length is a prime, so that no two parts of a store's have the same bytes.
BLOCK = payload(1_000_003)


@lru_cache(maxsize=4)
def piece(size: int, *, seed: int = 0) -> bytes:
    repeats = -(-(seed + size) // len(BLOCK))
    return (BLOCK * repeats)[seed : seed + size]


class Records:
    """Keeps the last progress, as the catalog does: as JSON. It refuses, once `lost`."""

    def __init__(self, progress: Progress, *, lost: bool = False) -> None:
        self._kept = msgspec.json.encode(progress)
        self.lost = lost
        self.sizes: list[int] = []

    @property
    def progress(self) -> Progress:
        return msgspec.json.decode(self._kept, type=Progress)

    async def keep(self, progress: Progress) -> None:
        if self.lost:
            raise LEASE_LOST
        self._kept = msgspec.json.encode(progress)
        self.sizes.append(progress.size)


class Upload:
    """A blob that arrives in pieces, and what is recorded of it."""

    def __init__(self, partials: PartialBlobs, key: str, records: Records) -> None:
        self._partials = partials
        self.key = key
        self.records = records

    async def append(self, body: AsyncIterable[bytes] | bytes, *, size: int | None = None) -> Progress:
        chunks = stream(body) if isinstance(body, bytes) else body
        keep = self.records.keep
        return await self._partials.append(self.key, self.records.progress, chunks, size=size, checkpoint=keep)

    def fence(self) -> "Upload":
        """Go on from what was recorded, as another caller; this one's lease is lost."""
        self.records.lost = True
        return Upload(self._partials, self.key, Records(self._partials.fence(self.records.progress)))

    async def complete(self) -> None:
        await self._partials.complete(self.key, self.records.progress)


async def begin(partials: PartialBlobs, *, size: int | None = None) -> Upload:
    key = new_blob_key()
    return Upload(partials, key, Records(await partials.begin(key, size=size)))


async def broken(data: bytes, error: Exception) -> AsyncIterator[bytes]:
    async for chunk in stream(data):
        yield chunk
    raise error


async def hanging(data: bytes, waiting: Event) -> AsyncIterator[bytes]:
    """Yield all of the data, and then nothing any more."""
    async for chunk in stream(data):
        yield chunk
    waiting.set()
    await sleep_forever()


class TestPartialBlobs:
    """One caller at a time, whose bodies may break. Asks for `store`, which is empty, `partials` and `leftovers`."""

    @pytest.mark.parametrize(
        "sizes",
        [
            [],
            [0],
            [1],
            [1, 0, 1],
            [PART - 1],
            [PART],
            [PART + 1],
            [PART - 1, 1],
            [1, PART - 1, 1],
            [PART, PART, PART],
            [12 * MIB],
            [12 * MIB, 1, 12 * MIB],
            [3 * MIB, 3 * MIB, 3 * MIB, 3 * MIB],
            [17, 12 * MIB, 0, PART, 3],
        ],
        ids=str,
    )
    async def test_pieces_of_any_size_make_one_blob(
        self, store: BlobStore, partials: PartialBlobs, sizes: list[int]
    ) -> None:
        upload = await begin(partials)
        assert upload.records.progress.size == 0
        whole = b""
        for number, size in enumerate(sizes):
            whole += piece(size, seed=number)
            appended = await upload.append(piece(size, seed=number), size=size)
            assert appended.size == len(whole)
            assert upload.records.progress.size == len(whole)
        await upload.complete()
        assert await read(store, upload.key) == whole
        assert await unfinished(store) == []

    @pytest.mark.parametrize("hint", [0, 1, 100 * MIB])
    async def test_hints_may_be_wrong(self, store: BlobStore, partials: PartialBlobs, hint: int) -> None:
        upload, data = await begin(partials, size=hint), piece(12 * MIB)
        await upload.append(data[:PART], size=hint)
        await upload.append(data[PART:], size=hint)
        await upload.complete()
        assert await read(store, upload.key) == data

    async def test_a_hundred_small_pieces_make_one_blob(self, store: BlobStore, partials: PartialBlobs) -> None:
        upload, data = await begin(partials), piece(100 * 997)
        for start in range(0, len(data), 997):
            await upload.append(data[start : start + 997])
        await upload.complete()
        assert await read(store, upload.key) == data
        assert await unfinished(store) == []

    async def test_chunks_may_have_any_length(self, store: BlobStore, partials: PartialBlobs) -> None:
        upload, data = await begin(partials), piece(20 * MIB)
        await upload.append(stream_all([b"", data, b"", b"x", b""]))
        await upload.complete()
        assert await read(store, upload.key) == data + b"x"

    async def test_nothing_is_stored_before_it_is_complete(self, store: BlobStore, partials: PartialBlobs) -> None:
        upload, small = await begin(partials), await begin(partials)
        await upload.append(piece(12 * MIB + 1))
        await small.append(b"bytes")
        assert await is_missing(store, upload.key)
        assert await stored(store) == []
        assert await unfinished(store) == sorted([upload.key, small.key])
        await upload.complete()
        assert [blob.key for blob in await stored(store)] == [upload.key]
        assert await unfinished(store) == [small.key]

    async def test_a_checkpoint_is_due_every_64_mebibytes(self, partials: PartialBlobs) -> None:
        upload, chunk = await begin(partials), piece(MIB)
        await upload.append(stream_all([chunk] * 100))
        sizes = upload.records.sizes
        assert sizes == sorted(set(sizes))
        steps = [later - earlier for earlier, later in zip([0, *sizes], sizes, strict=False)]
        assert max(steps) <= 64 * MIB
        assert sizes[-1] == 100 * MIB

    @pytest.mark.parametrize("before", [0, 3, PART])
    @pytest.mark.parametrize("came", [0, 1, PART - 1, 12 * MIB])
    async def test_what_came_before_a_body_broke_is_kept(
        self, store: BlobStore, partials: PartialBlobs, before: int, came: int
    ) -> None:
        upload, data, error = await begin(partials), piece(before + came + 7), BodyFailed()
        await upload.append(data[:before])
        with pytest.raises(BodyFailed) as raised:
            await upload.append(broken(data[before : before + came], error))
        assert raised.value is error
        assert upload.records.progress.size == before + came
        await upload.append(data[before + came :])
        await upload.complete()
        assert await read(store, upload.key) == data

    @pytest.mark.parametrize("came", [1, PART, 12 * MIB, 40 * MIB])
    async def test_what_came_before_a_cancellation_is_kept(
        self, store: BlobStore, partials: PartialBlobs, came: int
    ) -> None:
        upload, data, waiting = await begin(partials), piece(came + 7), Event()
        async with create_task_group() as group:
            group.start_soon(upload.append, hanging(data[:came], waiting))
            await waiting.wait()
            group.cancel_scope.cancel()
        assert upload.records.progress.size == came
        later = upload.fence()
        await later.append(data[came:])
        await later.complete()
        assert await read(store, upload.key) == data

    async def test_what_came_before_a_task_was_cancelled_is_kept(
        self, store: BlobStore, partials: PartialBlobs
    ) -> None:
        upload, data, waiting = await begin(partials), piece(12 * MIB), Event()
        task = asyncio.create_task(upload.append(hanging(data, waiting)))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert upload.records.progress.size == len(data)
        await upload.complete()
        assert await read(store, upload.key) == data

    @pytest.mark.parametrize("sizes", [[], [3], [PART], [12 * MIB, 1]], ids=str)
    async def test_completing_twice_is_completing_once(
        self, store: BlobStore, partials: PartialBlobs, sizes: Sequence[int]
    ) -> None:
        upload = await begin(partials)
        for size in sizes:
            await upload.append(piece(size))
        await upload.complete()
        await upload.complete()
        assert await read(store, upload.key) == b"".join(piece(size) for size in sizes)
        assert await unfinished(store) == []

    @pytest.mark.parametrize("sizes", [[3], [PART], [12 * MIB, 1], [1, 1]], ids=str)
    async def test_pieces_that_are_gone_are_missing(
        self, store: BlobStore, partials: PartialBlobs, sizes: Sequence[int], leftovers: Leftovers
    ) -> None:
        upload = await begin(partials)
        for size in sizes:
            await upload.append(piece(size))
        await store.abort(upload.key)
        with pytest.raises(BlobMissingError):
            await upload.complete()
        with pytest.raises(BlobMissingError):
            await upload.append(piece(12 * MIB))
        await store.abort(upload.key)
        assert await leftovers(upload.key) == []

    @pytest.mark.parametrize("lost", [False, True])
    @pytest.mark.parametrize("sizes", [[], [3], [PART], [12 * MIB, 1], [1, 2, 3]], ids=str)
    async def test_abort_leaves_nothing(
        self, store: BlobStore, partials: PartialBlobs, sizes: Sequence[int], lost: bool, leftovers: Leftovers
    ) -> None:
        upload = await begin(partials)
        for size in sizes:
            await upload.append(piece(size))
        if lost:
            upload.records.lost = True
            with pytest.raises(LeaseLostError):
                await upload.append(piece(12 * MIB + 3))
        await store.abort(upload.key)
        assert await unfinished(store) == []
        assert await leftovers(upload.key) == []

    async def test_abort_leaves_a_complete_blob_alone(self, store: BlobStore, partials: PartialBlobs) -> None:
        upload = await begin(partials)
        await upload.append(piece(12 * MIB + 1))
        await upload.complete()
        await store.abort(upload.key)
        assert await read(store, upload.key) == piece(12 * MIB + 1)

    async def test_many_arrive_at_once(self, store: BlobStore, partials: PartialBlobs) -> None:
        async def arrive(seed: int) -> None:
            upload, data = await begin(partials), piece(seed * MIB + seed, seed=seed)
            await upload.append(data[: len(data) // 3])
            await upload.append(data[len(data) // 3 :])
            await upload.complete()
            assert await read(store, upload.key) == data

        async with create_task_group() as group:
            for seed in range(12):
                group.start_soon(arrive, seed)
