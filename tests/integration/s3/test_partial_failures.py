"""Appends to blobs while S3, or the line to it, fails."""

import pytest
from anyio import Event, create_task_group, wait_all_tasks_blocked

from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.listing import put, unfinished
from tests.contracts.blob_store.store import is_missing, read
from tests.contracts.partial_blobs.partial_blobs import MIB, PART, begin, hanging, piece
from tests.harness.fault_proxy import effects
from tests.harness.fault_proxy.exchange import Effect
from tests.harness.fault_proxy.http import http_answer
from tests.integration.s3.conftest import Line

FULL = 8 * MIB
COMPLETION = "POST .*uploadId="
REMAINDER = "PUT .*/tails/"


@pytest.mark.parametrize("sizes", [[FULL], [FULL, 3], [PART, FULL, FULL]], ids=str)
async def test_a_completion_whose_answer_is_lost_has_happened(line: Line, sizes: list[int]) -> None:
    upload = await begin(line.partials)
    for size in sizes:
        await upload.append(piece(size))
    # The second try is answered that the upload is unknown.
    with line.proxy.fault(effects.lose_answer, COMPLETION, times=1) as fault:
        await upload.complete()
    assert fault.met
    await upload.complete()
    assert await read(line.store, upload.key) == b"".join(piece(size) for size in sizes)
    assert await unfinished(line.store) == []


@pytest.mark.parametrize("sizes", [[3], [FULL, 3]], ids=str)
async def test_a_completion_whose_answer_was_lost_is_found_by_the_next(line: Line, sizes: list[int]) -> None:
    upload = await begin(line.partials)
    for size in sizes:
        await upload.append(piece(size))
    with (
        line.proxy.fault(effects.lose_answer, f"{COMPLETION}|PUT "),
        line.proxy.fault(effects.cut, "HEAD"),
        pytest.raises(BlobStoreUnavailableError),
    ):
        await upload.complete()
    await upload.complete()
    assert await read(line.store, upload.key) == b"".join(piece(size) for size in sizes)
    assert await unfinished(line.store) == []


async def test_a_completion_that_did_not_happen_is_no_completion(line: Line) -> None:
    upload = await begin(line.partials)
    await upload.append(piece(FULL))
    with line.proxy.fault(effects.cut, COMPLETION), pytest.raises(BlobStoreUnavailableError):
        await upload.complete()
    assert await is_missing(line.store, upload.key)
    await upload.complete()
    assert await read(line.store, upload.key) == piece(FULL)


@pytest.mark.parametrize("asked", ["PUT .*partNumber=2", "PUT .*partNumber=4", REMAINDER])
@pytest.mark.parametrize("effect", [effects.cut, effects.lose_answer, effects.cut_midway])
async def test_an_append_goes_on_from_the_bytes_acknowledged_before_a_request_failed(
    line: Line, asked: str, effect: Effect
) -> None:
    upload = await begin(line.partials)
    await upload.append(piece(FULL + 3))
    with line.proxy.fault(effect, asked), pytest.raises(BlobStoreUnavailableError):
        await upload.append(piece(3 * FULL, seed=1))
    assert line.store.memory.held == 0
    kept = (piece(FULL + 3) + piece(3 * FULL, seed=1))[: upload.records.progress.size]
    assert len(kept) >= FULL + 3
    later = upload.fence()
    await later.append(piece(3 * FULL, seed=2))
    await later.complete()
    assert await read(line.store, later.key) == kept + piece(3 * FULL, seed=2)
    assert await unfinished(line.store) == []


async def test_an_answer_that_is_lost_once_is_asked_for_again(line: Line) -> None:
    upload = await begin(line.partials)
    with (
        line.proxy.fault(effects.lose_answer, "PUT .*partNumber=2", times=1) as part,
        line.proxy.fault(effects.lose_answer, r"POST .*\?uploads", times=1) as creation,
        line.proxy.fault(effects.lose_answer, REMAINDER, times=1) as remainder,
    ):
        await upload.append(piece(2 * FULL + 3))
    assert part.met
    assert creation.met
    assert remainder.met
    await upload.complete()
    assert await read(line.store, upload.key) == piece(2 * FULL + 3)
    assert await unfinished(line.store) == []


async def test_a_checkpoint_has_no_part_that_came_before_an_earlier_one(line: Line) -> None:
    upload = await begin(line.partials)
    async with create_task_group() as group:
        with line.proxy.fault(effects.hold, r"PUT .*partNumber=1\b"):
            with line.proxy.fault(effects.hold_answer, r"PUT .*partNumber=3\b") as third:
                group.start_soon(upload.append, piece(3 * FULL + 3))
                await third.meeting()
            await wait_all_tasks_blocked()
            assert upload.records.sizes == []
    assert upload.records.sizes == [3 * FULL + 3]
    await upload.complete()
    assert await read(line.store, upload.key) == piece(3 * FULL + 3)


async def test_parts_on_their_way_are_kept_when_the_call_is_cancelled(line: Line) -> None:
    upload, waiting = await begin(line.partials), Event()
    async with create_task_group() as group:
        with line.proxy.fault(effects.swallow, r"PUT .*partNumber=[12]\b", times=2) as fault:
            group.start_soon(upload.append, hanging(piece(3 * FULL + 3), waiting))
            await fault.meeting()
            await waiting.wait()
            group.cancel_scope.cancel()
    assert upload.records.progress.size == 3 * FULL + 3
    assert line.store.memory.held == 0
    later = upload.fence()
    await later.append(b"end")
    await later.complete()
    assert await read(line.store, later.key) == piece(3 * FULL + 3) + b"end"


async def test_remainders_that_cannot_be_removed_stay_until_the_end(line: Line) -> None:
    upload = await begin(line.partials)
    with line.proxy.fault(effects.cut, r"POST .*\?delete"):
        for _ in range(3):
            await upload.append(b"bytes")
    assert await unfinished(line.store) == [upload.key]
    await upload.complete()
    assert await unfinished(line.store) == []
    assert await read(line.store, upload.key) == b"bytesbytesbytes"


async def test_remainders_that_the_store_refuses_to_remove_are_an_error(line: Line) -> None:
    upload = await begin(line.partials)
    await upload.append(b"bytes")
    refuse = effects.answer(
        http_answer(b"<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>")
    )
    with line.proxy.fault(refuse, r"POST .*\?delete"), pytest.raises(BlobStoreUnavailableError):
        await line.store.abort(upload.key)
    await line.store.abort(upload.key)
    assert await unfinished(line.store) == []


@pytest.mark.parametrize("size", [1, FULL])
async def test_a_concatenation_whose_answer_is_lost_has_happened(line: Line, size: int) -> None:
    sources, key = [(await put(line.store, piece(size))).key for _ in range(2)], new_blob_key()
    with line.proxy.fault(effects.lose_answer, f"{COMPLETION}|PUT ", times=1) as fault:
        await line.partials.concatenate(key, sources)
    assert fault.met
    assert await read(line.store, key) == piece(size) * 2
    assert await unfinished(line.store) == []


async def test_a_concatenation_that_fails_leaves_nothing(line: Line) -> None:
    sources, key = [(await put(line.store, piece(FULL))).key for _ in range(2)], new_blob_key()
    with line.proxy.fault(effects.cut, "PUT .*partNumber=2"), pytest.raises(BlobStoreUnavailableError):
        await line.partials.concatenate(key, sources)
    assert await is_missing(line.store, key)
    assert await unfinished(line.store) == []


async def test_parts_that_s3_can_copy_do_not_pass_through_the_service(line: Line) -> None:
    sources, key = [(await put(line.store, piece(FULL))).key for _ in range(2)], new_blob_key()
    with line.proxy.fault(effects.cut, r"GET /[^?]*/[0-9a-f]{32}") as reading:
        await line.partials.concatenate(key, sources)
    assert reading.met == []
    assert await read(line.store, key) == piece(FULL) * 2
