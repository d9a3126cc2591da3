"""The contract of `domain.blobs.ports.PartialBlobs` with several callers, of which one was cut off."""

from collections.abc import AsyncIterator, Sequence

import pytest
from anyio import Event, create_task_group

from domain.blobs.errors import PartialBusyError
from domain.blobs.ports import BlobStore, PartialBlobs
from domain.errors import LeaseLostError
from tests.contracts.blob_store.listing import unfinished
from tests.contracts.blob_store.store import read
from tests.contracts.partial_blobs.partial_blobs import (
    LEASE_LOST,
    MIB,
    PART,
    Records,
    Upload,
    begin,
    piece,
)


class TestFormerCallers:
    """A caller whose lease is lost, and one who takes over."""

    @pytest.mark.parametrize("size", [1, 12 * MIB, 40 * MIB])
    async def test_a_checkpoint_that_raises_ends_the_call(
        self, store: BlobStore, partials: PartialBlobs, size: int
    ) -> None:
        upload = await begin(partials)
        await upload.append(b"first")
        upload.records.lost = True
        with pytest.raises(LeaseLostError) as raised:
            await upload.append(piece(size))
        assert raised.value is LEASE_LOST
        assert upload.records.progress.size == 5
        later = upload.fence()
        await later.append(b"second")
        await later.complete()
        assert await read(store, upload.key) == b"firstsecond"

    async def test_a_body_is_not_read_on_after_a_checkpoint_raised(self, partials: PartialBlobs) -> None:
        upload, chunk = await begin(partials), piece(MIB)
        upload.records.lost = True
        taken = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal taken
            while True:
                taken += 1
                yield chunk

        with pytest.raises(LeaseLostError):
            await upload.append(endless())
        assert taken <= 130

    @pytest.mark.parametrize("size", [1, PART, 12 * MIB])
    async def test_what_is_beyond_an_older_progress_is_dropped(
        self, store: BlobStore, partials: PartialBlobs, size: int
    ) -> None:
        upload = await begin(partials)
        await upload.append(piece(PART + 3))
        upload.records.lost = True
        with pytest.raises(LeaseLostError):
            await upload.append(piece(size, seed=1))
        later = upload.fence()
        await later.append(b"other")
        await later.complete()
        assert await read(store, upload.key) == piece(PART + 3) + b"other"
        assert await unfinished(store) == []

    @pytest.mark.parametrize("size", [1, PART, 12 * MIB])
    @pytest.mark.parametrize("before", [0, 3, PART + 3])
    async def test_what_was_appended_is_thrown_away_by_going_back(
        self, store: BlobStore, partials: PartialBlobs, before: int, size: int
    ) -> None:
        upload = await begin(partials)
        await upload.append(piece(before))
        for seed in (1, 2):
            thrown_away = Upload(partials, upload.key, Records(upload.records.progress))
            await thrown_away.append(piece(size, seed=seed))
        await upload.append(piece(size, seed=3))
        await upload.append(b"end")
        await upload.complete()
        assert await read(store, upload.key) == piece(before) + piece(size, seed=3) + b"end"
        assert await unfinished(store) == []

    @pytest.mark.parametrize("size", [1, PART, 12 * MIB])
    @pytest.mark.parametrize("before", [0, 3, PART])
    async def test_a_former_caller_that_goes_on_changes_nothing(
        self, store: BlobStore, partials: PartialBlobs, before: int, size: int
    ) -> None:
        former = await begin(partials)
        await former.append(piece(before))
        waiting, go_on = Event(), Event()

        async def zombie() -> AsyncIterator[bytes]:
            yield piece(size, seed=1)
            waiting.set()
            await go_on.wait()
            yield piece(size, seed=2)

        async def former_call() -> None:
            with pytest.raises(LeaseLostError):
                await former.append(zombie())

        later = former
        async with create_task_group() as group:
            group.start_soon(former_call)
            await waiting.wait()
            later = former.fence()
            taken = (piece(before) + piece(size, seed=1))[: later.records.progress.size]
            began = await self._unless_busy(later, piece(size, seed=3))
            go_on.set()
        if not began:
            await later.append(piece(size, seed=3))
        await later.append(b"end")
        await later.complete()
        assert await read(store, later.key) == taken + piece(size, seed=3) + b"end"

    @pytest.mark.parametrize("size", [1, PART, 12 * MIB])
    @pytest.mark.parametrize("before", [0, 3, PART])
    async def test_a_former_caller_that_begins_late_changes_nothing(
        self, store: BlobStore, partials: PartialBlobs, before: int, size: int
    ) -> None:
        former = await begin(partials)
        await former.append(piece(before))
        later = former.fence()
        await later.append(piece(size, seed=1))
        with pytest.raises(LeaseLostError):
            await former.append(piece(size, seed=2))
        await later.append(b"end")
        with pytest.raises(LeaseLostError):
            await former.append(piece(size, seed=2))
        await later.complete()
        with pytest.raises(LeaseLostError):
            await former.append(piece(size, seed=2))
        assert await read(store, later.key) == piece(before) + piece(size, seed=1) + b"end"

    async def _unless_busy(self, upload: Upload, data: bytes) -> bool:
        try:
            await upload.append(data)
        except PartialBusyError:
            return False
        return True

    @pytest.mark.parametrize("takeovers", [1, 12])
    async def test_a_blob_may_be_taken_over_many_times(
        self, store: BlobStore, partials: PartialBlobs, takeovers: int
    ) -> None:
        upload, data = await begin(partials), b""
        for number in range(takeovers):
            await upload.append(piece(PART, seed=number))
            data += piece(PART, seed=number)
            upload = upload.fence()
        await upload.complete()
        assert await read(store, upload.key) == data


class TestCompletingAtOnce:
    """Apart from `TestPartialBlobs`, since LocalStack 4.14 loses what it is to complete twice at once."""

    @pytest.mark.parametrize("sizes", [[3], [PART], [12 * MIB, 1]], ids=str)
    async def test_two_may_complete_at_once(
        self, store: BlobStore, partials: PartialBlobs, sizes: Sequence[int]
    ) -> None:
        upload = await begin(partials)
        for size in sizes:
            await upload.append(piece(size))
        busy: list[PartialBusyError] = []

        async def complete() -> None:
            try:
                await upload.complete()
            except PartialBusyError as error:
                busy.append(error)

        async with create_task_group() as group:
            group.start_soon(complete)
            group.start_soon(complete)
        assert len(busy) < 2
        assert await read(store, upload.key) == b"".join(piece(size) for size in sizes)
