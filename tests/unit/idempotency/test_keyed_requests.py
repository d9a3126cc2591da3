"""Requests with an `Idempotency-Key`: a repeat gets the first answer, and nothing is done twice."""

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest

from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.clock import FakeClock
from tests.fakes.database import CATALOG_DOWN, FakeDatabase
from tests.support.fake_service import Service
from tests.support.tus import BYTES, TUS, UPLOADS, encoded
from tests.unit.idempotency.keyed_sends import CONTENT, FILES, KEY, code, is_same, post_file, put_file
from tests.unit.uploads.requests import add

PART = 5 * 1024 * 1024
Send = Callable[[httpx.AsyncClient, dict[str, str]], Awaitable[httpx.Response]]


async def copy_file(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    named = await client.get("/v1/files", params={"name": "original"})
    return await client.post(f"/v1/files/{named.json()['items'][0]['id']}/copy", json={"name": "a"}, headers=headers)


async def put_bucket(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    return await client.put("/v1/buckets/songs", json={"allowed_types": ["audio/*"]}, headers=headers)


async def start_job(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    task = {"kind": "move", "bucket": "default", "prefix": "none/", "to": {"prefix": "other/"}}
    return await client.post("/v1/jobs", json=task, headers=headers)


async def begin_upload(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    asked = {"bucket": "default", "name": "a", "size": 2 * PART, "part_size": PART, "sha256": "0" * 64}
    return await client.post("/v1/direct-uploads", json=asked, headers=headers)


async def begin_resumable(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    given = {"Upload-Length": "3", "Upload-Metadata": encoded(filename="a")}
    return await client.post(UPLOADS, headers={**TUS, **given, **headers})


SENDS = [put_file, post_file, copy_file, put_bucket, start_job, begin_upload, begin_resumable]


@pytest.mark.usefixtures("original")
@pytest.mark.parametrize("send", SENDS)
async def test_a_repeat_gets_the_first_answer_and_changes_nothing(
    client: httpx.AsyncClient, database: FakeDatabase, blobs: FakeBlobStore, send: Send
) -> None:
    first = await send(client, KEY)
    assert first.status_code == 201
    files, stored, reserved = (await client.get("/v1/files")).json(), dict(blobs.stored), set(database.blobs)
    for key in ('"k"', "k", '"k";again'):
        assert is_same(await send(client, {"Idempotency-Key": key}), first)
    assert (await client.get("/v1/files")).json() == files
    assert blobs.stored == stored
    assert set(database.blobs) == reserved


@pytest.mark.usefixtures("original")
@pytest.mark.parametrize("send", SENDS)
async def test_without_a_key_or_with_another_one_the_request_is_done_again(
    client: httpx.AsyncClient, send: Send
) -> None:
    first = await send(client, KEY)
    assert first.status_code == 201
    for headers in ({}, {"Idempotency-Key": '"other"'}):
        again = await send(client, headers)
        assert again.status_code in {200, 409} or again.headers["location"] != first.headers["location"]


async def test_a_file_that_was_replaced_and_deleted_since_is_answered_as_it_was(client: httpx.AsyncClient) -> None:
    await client.put(f"{FILES}/a", content=b"before")
    first = await put_file(client, KEY)
    assert (first.status_code, first.json()["revision"]) == (200, 2)
    await client.put(f"{FILES}/a", content=b"after")
    assert is_same(await put_file(client, KEY), first)
    await client.delete(f"/v1/files/{first.json()['id']}")
    assert is_same(await put_file(client, KEY), first)


async def test_a_condition_that_does_not_hold_any_more_does_not_keep_a_repeat_from_its_answer(
    client: httpx.AsyncClient,
) -> None:
    headers = {**KEY, "If-None-Match": "*"}
    first = await put_file(client, headers)
    assert first.status_code == 201
    assert is_same(await put_file(client, headers), first)
    assert (await put_file(client, {"If-None-Match": "*"})).status_code == 412


async def test_a_job_is_started_once_and_answered_as_it_was_then(client: httpx.AsyncClient) -> None:
    first = await start_job(client, KEY)
    assert first.json()["state"] == "queued"
    while (await client.delete(first.headers["location"])).status_code != 404:
        pass  # cancelled first, if it had not ended
    assert is_same(await start_job(client, KEY), first)
    assert (await client.get("/v1/jobs")).json()["items"] == []


async def test_a_direct_upload_is_begun_once_and_has_new_urls(client: httpx.AsyncClient, clock: FakeClock) -> None:
    first = await begin_upload(client, KEY)
    clock.advance(3600)
    again = await begin_upload(client, KEY)
    assert again.headers["location"] == first.headers["location"]
    before, now = first.json(), again.json()
    urls = [[part.pop("url") for part in each["parts"]["items"]] for each in (before, now)]
    assert set(urls[0]).isdisjoint(urls[1])
    assert now == before


async def test_a_direct_upload_that_was_ended_is_not_begun_again(client: httpx.AsyncClient) -> None:
    first = await begin_upload(client, KEY)
    await client.delete(first.headers["location"])
    assert code(await begin_upload(client, KEY)) == (410, "direct_upload_ended")


async def test_a_direct_upload_that_has_become_a_file_is_not_begun_again(
    client: httpx.AsyncClient, service: Service
) -> None:
    async def begin() -> httpx.Response:
        asked = {"bucket": "default", "name": "a", "size": len(CONTENT)}
        return await client.post("/v1/direct-uploads", json=asked, headers=KEY)

    first = await begin()
    [part] = (await begin()).json()["parts"]["items"]
    service.direct.send(part["method"], part["url"], CONTENT)
    assert (await client.post(f"{first.headers['location']}/complete")).status_code == 201
    assert code(await begin()) == (409, "direct_upload_completed")


async def apply_batch(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    copies = [{"op": "copy", "bucket": "default", "name": "original", "to": {"name": f"{each}"}} for each in range(60)]
    operations = [*copies, {"op": "copy", "bucket": "default", "name": "original", "to": {"name": "a//b"}}, copies[0]]
    operations.append({"op": "delete", "bucket": "default", "name": "59"})
    return await client.post("/v1/batch", json={"operations": operations}, headers=headers)


@pytest.mark.usefixtures("original")
async def test_a_batch_is_applied_once(client: httpx.AsyncClient) -> None:
    first = await apply_batch(client, KEY)
    assert [result["status"] for result in first.json()["results"]] == [201] * 60 + [400, 409, 204]
    files = (await client.get("/v1/files")).json()
    assert is_same(await apply_batch(client, KEY), first)
    assert (await client.get("/v1/files")).json() == files
    assert code(await put_bucket(client, KEY)) == (422, "idempotency_key_reused")
    again = await apply_batch(client, {})
    assert [result["status"] for result in again.json()["results"]] == [409] * 59 + [201, 400, 409, 204]


async def test_repeats_have_to_wait_while_the_first_request_runs(client: httpx.AsyncClient) -> None:
    begun, go_on = anyio.Event(), anyio.Event()
    answers: list[httpx.Response] = []

    async def slowly() -> AsyncIterator[bytes]:
        yield CONTENT[:4]
        begun.set()
        await go_on.wait()
        yield CONTENT[4:]

    async def send() -> None:
        answers.append(await client.put(f"{FILES}/a", content=slowly(), headers=KEY))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        await begun.wait()
        early = await put_file(client, KEY)
        other = await put_bucket(client, KEY)
        go_on.set()
    assert code(early) == (409, "idempotency_key_in_use")
    assert early.headers["retry-after"] == "1"
    assert code(other) == (422, "idempotency_key_reused")
    assert answers[0].status_code == 201
    assert is_same(await put_file(client, KEY), answers[0])


async def test_an_upload_that_breaks_off_leaves_its_key(client: httpx.AsyncClient) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield CONTENT[:4]

    answer = await client.put(f"{FILES}/a", content=cut(), headers={**KEY, "Content-Length": "10"})
    assert code(answer) == (400, "interrupted_body")
    assert (await put_file(client, KEY)).status_code == 201


@pytest.mark.parametrize("key", ["", '""', '"a', '"a", "b"', "é".encode(), "x" * 256])
@pytest.mark.usefixtures("original")
@pytest.mark.parametrize("send", SENDS)
async def test_a_malformed_key_is_refused(client: httpx.AsyncClient, send: Send, key: Any) -> None:
    answer = await send(client, {"Idempotency-Key": key})
    assert code(answer) == (400, "invalid_idempotency_key")


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        ({"metadata": '{"a":' * 900 + "1" + "}" * 900}, "invalid_metadata"),
        ({"metadata": r'{"a": "\ud800"}'}, "invalid_metadata"),
        ({"tags": r'["\ud800"]'}, "invalid_tags"),
        ({"name": "a//b"}, "invalid_name"),
    ],
)
async def test_a_form_that_breaks_a_rule_is_refused_with_a_key_as_without(
    client: httpx.AsyncClient, database: FakeDatabase, form: dict[str, str], refusal: str
) -> None:
    for headers in ({}, KEY):
        answer = await client.post(FILES, data=form, files={"file": ("a", CONTENT)}, headers=headers)
        assert code(answer) == (400, refusal)
    assert not database.keys


async def test_two_keys_are_refused(client: httpx.AsyncClient) -> None:
    lines = [("Idempotency-Key", "a"), ("Idempotency-Key", "a")]
    answer = await client.put("/v1/buckets/songs", json={}, headers=lines)
    assert code(answer) == (400, "invalid_idempotency_key")


async def test_a_request_that_was_refused_may_be_corrected(client: httpx.AsyncClient, original: str) -> None:
    copy = f"{original}/copy"
    assert (await client.post(copy, json={"name": "original"}, headers=KEY)).status_code == 409
    assert (await client.post(copy, json={"name": "a"}, headers={**KEY, "If-Match": '"x"'})).status_code == 412
    assert (await client.post(copy, json={"name": ""}, headers=KEY)).status_code == 400
    assert (await client.post(copy, json={"name": "a"}, headers=KEY)).status_code == 201


async def test_a_catalog_that_is_down_keeps_no_key(client: httpx.AsyncClient, database: FakeDatabase) -> None:
    database.fail_with = CATALOG_DOWN
    assert (await put_bucket(client, KEY)).status_code == 503
    database.fail_with = None
    assert (await put_bucket(client, KEY)).status_code == 201


async def test_an_answer_is_kept_for_a_day(client: httpx.AsyncClient, clock: FakeClock) -> None:
    first = await put_file(client, KEY)
    clock.advance(86_399)
    assert is_same(await put_file(client, KEY), first)
    clock.advance(1)
    again = await put_file(client, KEY)
    assert (again.status_code, again.json()["revision"]) == (200, 2)


async def test_a_request_that_only_reads_or_may_be_done_twice_takes_no_key(
    client: httpx.AsyncClient, database: FakeDatabase, original: str
) -> None:
    headers = {"Idempotency-Key": "x" * 256}
    assert (await client.get(original, headers=headers)).status_code == 200
    assert (await client.patch(original, json={"tags": ["t"]}, headers=headers)).status_code == 200
    assert (await client.delete(original, headers=headers)).status_code == 204
    assert not database.keys


async def test_a_resumable_upload_that_is_begun_again_goes_on_where_it_is(client: httpx.AsyncClient) -> None:
    async def begin(**headers: str) -> httpx.Response:
        return await client.post(UPLOADS, content=b"012", headers={**BYTES, **KEY, "Upload-Length": "6", **headers})

    first = await begin()
    url = first.headers["location"]
    await add(client, url, 3, b"3")
    again = await begin()
    assert (again.status_code, again.headers["location"], again.headers["upload-offset"]) == (201, url, "4")
    file = (await add(client, url, 4, b"45")).headers["fileport-file-id"]
    done = await begin()
    assert (done.headers["upload-offset"], done.headers["fileport-file-id"]) == ("6", file)
    for other in ({"Upload-Length": "7"}, {"Upload-Metadata": encoded(filename="b")}, {"If-Match": "*"}):
        assert code(await begin(**other)) == (422, "idempotency_key_reused")
    assert len((await client.get("/v1/files")).json()["items"]) == 1


async def test_first_bytes_that_are_refused_may_be_sent_again_with_the_key(client: httpx.AsyncClient) -> None:
    wrong = {**BYTES, **KEY, "Upload-Length": "3", "Upload-Checksum": "md5 " + base64.b64encode(bytes(16)).decode()}
    refused = await client.post(UPLOADS, content=b"012", headers=wrong)
    assert code(refused) == (460, "checksum_mismatch")
    again = await client.post(UPLOADS, content=b"012", headers=wrong)
    assert (again.status_code, again.headers["upload-offset"]) == (201, "0")
    answer = await add(client, again.headers["location"], 0, b"012")
    assert answer.headers["upload-offset"] == "3"


async def test_an_upload_that_was_ended_is_not_begun_again(client: httpx.AsyncClient) -> None:
    first = await begin_resumable(client, KEY)
    await client.delete(first.headers["location"], headers=TUS)
    assert code(await begin_resumable(client, KEY)) == (404, "upload_not_found")
