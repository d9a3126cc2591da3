"""What the service answers, keeps and leaves when S3, or the line to it, fails."""

import secrets
from collections.abc import AsyncIterator
from itertools import count

import anyio
import httpx
import pytest

from tests.harness.fault_proxy import Effect, effects
from tests.harness.fault_proxy.http import SLOW_DOWN, TIME_TOO_SKEWED, UNAVAILABLE
from tests.integration.faults.changes import KINDS, Change, Changes
from tests.integration.faults.site import Site, unavailable

MEBIBYTE = 1024 * 1024
# One request and one chunk, and a multipart upload of two parts.
SMALL, LARGE = 200_000, 9 * MEBIBYTE
PUT = "PUT .*"
CREATION = r"POST .*\?uploads"
PART = "PUT .*partNumber=2"
COMPLETION = "POST .*uploadId="
HEAD = 20

pytestmark = pytest.mark.parametrize("stack", ["containers"], indirect=True)


@pytest.mark.parametrize(
    ("size", "breaks"), [(SMALL, effects.cut_midway), (SMALL, effects.lose_answer), (LARGE, effects.lose_answer)]
)
async def test_an_upload_gets_over_a_line_that_breaks_once_at_any_step(
    site: Site, changes: Changes, size: int, breaks: Effect
) -> None:
    for step in count():
        change = await changes.new_file(size)
        with site.s3.fault(breaks, times=1, skip=step) as fault:
            answer = await change.make(site.client)
        assert answer.status_code == 201, fault.met
        await change.judge(answer)
        if not fault.met:
            break
    await site.check()


@pytest.mark.parametrize(
    ("size", "refused", "breaks"),
    [
        (SMALL, PUT, effects.lose_answer),
        (SMALL, PUT, effects.answer(UNAVAILABLE)),
        (LARGE, CREATION, effects.lose_answer),
        (LARGE, PART, effects.answer(SLOW_DOWN)),
        (LARGE, COMPLETION, effects.cut_midway),
    ],
)
async def test_an_upload_that_never_gets_through_is_refused_and_leaves_nothing(
    site: Site, changes: Changes, size: int, refused: str, breaks: Effect
) -> None:
    change = await changes.new_file(size)
    with site.s3.fault(breaks, refused) as fault:
        answer = await change.make(site.client)
    assert fault.met
    assert unavailable(answer) == "blob_store_unavailable"
    await change.judge(answer)
    await site.check()


async def test_an_upload_whose_completion_is_never_answered_is_seen_to_be_there(site: Site, changes: Changes) -> None:
    change = await changes.new_file(LARGE)
    with site.s3.fault(effects.lose_answer, COMPLETION):
        answer = await change.make(site.client)
    assert answer.status_code == 201
    await change.judge(answer)
    await site.check()


async def test_requests_that_s3_refuses_twice_are_repeated(site: Site, changes: Changes) -> None:
    for size, request, refusal in (
        (SMALL, PUT, SLOW_DOWN),
        (LARGE, PART, UNAVAILABLE),
        (LARGE, COMPLETION, SLOW_DOWN),
        (SMALL, "GET", SLOW_DOWN),
    ):
        change = await changes.new_file(size)
        with site.s3.fault(effects.answer(refusal), request, times=2) as fault:
            answer = await change.make(site.client)
            assert answer.status_code == 201
            read = await site.client.get(f"/v1/files/{answer.json()['id']}/content")
        assert len(read.content) == size
        assert len(fault.met) == 2
    await site.check()


async def test_an_s3_that_swallows_everything_holds_up_nothing_but_bytes(site: Site, changes: Changes) -> None:
    stored = await (await changes.new_file(SMALL)).make(site.client)
    uploads = [await changes.new_file(size) for size in (SMALL, LARGE)]
    others = [await kind(changes) for kind in KINDS if kind not in {Changes.new_file, Changes.replaced_file}]
    downloads: list[httpx.Response] = []

    async def upload(change: Change) -> None:
        await change.judge(await change.make(site.client))

    async def download() -> None:
        downloads.append(await site.client.get(f"/v1/files/{stored.json()['id']}/content"))

    async with anyio.create_task_group() as tasks:
        with site.s3.fault(effects.swallow, PUT) as puts, site.s3.fault(effects.swallow, "GET|HEAD") as gets:
            for change in uploads:
                tasks.start_soon(upload, change)
            tasks.start_soon(download)
            await puts.meeting()
            await gets.meeting()
            for change in others:
                assert (await change.make(site.client)).is_success
                assert await change.is_made()
            ready = await site.client.get("/health/ready")
            assert ready.status_code == 503
            assert ready.json() == {"status": "failing", "catalog": "ok", "blob_store": "failing"}
    if not downloads[0].is_success:
        unavailable(downloads[0])
    await site.check()


@pytest.mark.parametrize(("size", "reset"), [(SMALL, True), (3 * MEBIBYTE, False), (3 * MEBIBYTE, True)])
async def test_a_download_whose_bytes_break_off_never_ends_cleanly(
    site: Site, changes: Changes, size: int, reset: bool
) -> None:
    stored = await (await changes.new_file(size)).make(site.client)
    content = f"/v1/files/{stored.json()['id']}/content"
    for kept in (HEAD, -size, -size // 2, -1):
        with site.s3.fault(effects.truncate(kept, reset=reset), "GET") as fault:
            try:
                answer = await site.client.get(content)
            except httpx.RemoteProtocolError:
                # Only of a long file was a part on its way already.
                assert size > SMALL
                assert kept > -size
            else:
                assert unavailable(answer) == "blob_store_unavailable"
        assert fault.met
        await site.recovered()
    await site.check()


async def test_a_text_whose_bytes_break_off_never_ends_cleanly(site: Site) -> None:
    path = f"/v1/buckets/test-{secrets.token_hex(4)}"
    await site.client.put(path, json={})
    text = "слово " * 50_000
    stored = await site.client.put(
        f"{path}/files/text", content=text.encode(), headers={"Content-Type": "text/plain; charset=utf-8"}
    )
    url = f"/v1/files/{stored.json()['id']}/text"
    # It is read twice: looked at, and sent.
    for skip in (0, 1):
        with site.s3.fault(effects.truncate(-1, reset=False), "GET", skip=skip) as fault:
            try:
                answer = await site.client.get(url)
            except httpx.RemoteProtocolError:
                assert skip == 1
            else:
                assert unavailable(answer) == "blob_store_unavailable"
        assert fault.met
        await site.recovered()
    assert (await site.client.get(url)).text == text
    await site.check()


async def test_a_part_that_is_answered_late_holds_up_no_other_request(site: Site, changes: Changes) -> None:
    slow, others = await changes.new_file(LARGE), [await changes.new_file(SMALL) for _ in range(3)]

    async def make() -> None:
        assert (await slow.make(site.client)).status_code == 201

    async with anyio.create_task_group() as tasks:
        with site.s3.fault(effects.hold_answer, PART, times=1) as fault:
            tasks.start_soon(make)
            await fault.meeting()
            for change in others:
                assert (await change.make(site.client)).status_code == 201
            assert not await slow.is_made()
    assert await slow.is_made()
    await site.check()


async def test_answers_that_are_late_or_come_in_pieces_are_answers(site: Site, changes: Changes) -> None:
    for effect in (effects.delay(0.02), effects.throttle(50_000, 0.001)):
        with site.s3.fault(effect):
            change = await changes.new_file(SMALL)
            answer = await change.make(site.client)
            assert answer.status_code == 201
            assert len((await site.client.get(f"/v1/files/{answer.json()['id']}/content")).content) == SMALL
    await site.check()


async def test_a_client_that_leaves_while_s3_fails_leaves_nothing(site: Site) -> None:
    path = f"/v1/buckets/test-{secrets.token_hex(4)}"
    await site.client.put(path, json={})

    async def body() -> AsyncIterator[bytes]:
        yield bytes(LARGE)
        await fault.meeting()
        raise EOFError

    with site.s3.fault(effects.lose_answer, "PUT .*partNumber=1|DELETE") as fault, pytest.raises(EOFError):
        await site.client.put(f"{path}/files/cut", content=body())
    await site.check()
    assert (await site.client.get(f"{path}/files/cut")).status_code == 404


async def test_a_clock_that_s3_finds_wrong_is_refused_cleanly_and_leaves_nothing(site: Site, changes: Changes) -> None:
    change = await changes.new_file(LARGE)
    with site.s3.fault(effects.answer(TIME_TOO_SKEWED)):
        answer = await change.make(site.client)
        ready = await site.client.get("/health/ready")
    assert unavailable(answer) == "blob_store_unavailable"
    assert (ready.status_code, ready.json()["blob_store"]) == (503, "failing")
    await change.judge(answer)
    await site.check()
