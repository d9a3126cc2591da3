"""Completing a direct upload: once, with the bytes that were declared, whatever happens meanwhile."""

import hashlib

import anyio
import httpx

from domain.blobs.model import new_blob_key
from tests.fakes.blobs.direct_access import FakeDirectAccess
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.database import FakeDatabase
from tests.support.access import ALL_SHOWN
from tests.support.fake_service import Service
from tests.unit.direct_uploads.direct_requests import (
    BUCKET,
    LIFE,
    PART,
    UPLOADS,
    URL_LIFE,
    begin,
    complete,
    reap_after,
    refusal,
    send,
)


async def test_a_completion_that_is_repeated_returns_the_file(
    client: httpx.AsyncClient, direct: FakeDirectAccess
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    first = await complete(client, upload)
    again = await complete(client, upload)
    assert (again.status_code, again.json()) == (201, first.json())
    assert direct.copies == 1
    await client.patch(first.headers["location"], json={"tags": ["x"]})
    assert (await complete(client, upload)).json()["tags"] == ["x"]
    await client.delete(first.headers["location"])
    assert refusal(await complete(client, upload)) == (404, "file_not_found")


async def test_bytes_that_are_sent_after_the_completion_change_no_file(
    client: httpx.AsyncClient, direct: FakeDirectAccess, service: Service, blobs: FakeBlobStore
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    await complete(client, upload)
    assert send(direct, upload, b"other text")[0].status == 200
    assert (await client.get(f"{BUCKET}/files/a.txt")).content == b"0123456789"
    assert len(blobs.stored) == 2
    await reap_after(service, LIFE + URL_LIFE)
    assert list(blobs.stored.values()) == [b"0123456789"]
    assert (await client.get(f"{UPLOADS}/{upload['id']}")).status_code == 404


async def test_bytes_that_are_sent_amid_the_completion_are_not_taken_unseen(
    client: httpx.AsyncClient, direct: FakeDirectAccess
) -> None:
    upload = await begin(client, sha256=hashlib.sha256(b"0123456789").hexdigest())
    send(direct, upload, b"0123456789")
    direct.copying = anyio.Event()
    answers: list[httpx.Response] = []

    async def completing() -> None:
        answers.append(await complete(client, upload))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(completing)
        await anyio.wait_all_tasks_blocked()
        send(direct, upload, b"other text")
        direct.copying.set()
    assert refusal(answers[0]) == (400, "digest_mismatch")


async def test_other_bytes_than_were_declared_end_the_upload(
    client: httpx.AsyncClient, direct: FakeDirectAccess, service: Service, blobs: FakeBlobStore
) -> None:
    for knows_no_sums in (False, True):
        direct.knows_no_sums = knows_no_sums
        upload = await begin(client, sha256="0" * 64)
        send(direct, upload, b"0123456789")
        assert refusal(await complete(client, upload)) == (400, "digest_mismatch")
        found = (await client.get(f"{UPLOADS}/{upload['id']}")).json()
        assert (found["state"], found["failure"]["code"]) == ("failed", "digest_mismatch")
        assert refusal(await complete(client, upload)) == (410, "direct_upload_ended")
        assert refusal(await client.get(f"{UPLOADS}/{upload['id']}/parts")) == (410, "direct_upload_ended")
        assert refusal(await client.delete(f"{UPLOADS}/{upload['id']}")) == (410, "direct_upload_ended")
    assert (await client.get("/v1/files?total=true")).json()["total"] == 0
    await reap_after(service, LIFE + URL_LIFE)
    assert not blobs.stored


async def test_a_store_that_tells_no_sum_is_read(client: httpx.AsyncClient, direct: FakeDirectAccess) -> None:
    direct.knows_no_sums = True
    content = b"x" * 200_000
    upload = await begin(client, content)
    send(direct, upload, content)
    assert (await complete(client, upload)).json()["sha256"] == hashlib.sha256(content).hexdigest()


async def test_bytes_that_are_missing_can_be_sent_still(client: httpx.AsyncClient, direct: FakeDirectAccess) -> None:
    content = bytes(2 * PART + 7)
    upload = await begin(client, content, part_size=PART)
    send(direct, upload, content, 2)
    answer = await complete(client, upload)
    assert refusal(answer) == (400, "incomplete_upload")
    assert answer.json()["detail"].endswith(": 1, 3.")
    found = (await client.get(f"{UPLOADS}/{upload['id']}")).json()
    assert (found["state"], found["failure"]["code"]) == ("open", "incomplete_upload")
    send(direct, upload, content, 1, 3)
    assert (await complete(client, upload)).status_code == 201


async def test_many_parts_that_are_missing_are_not_all_named(client: httpx.AsyncClient) -> None:
    answer = await complete(client, await begin(client, bytes(3 * PART), part_size=PART))
    assert answer.json()["detail"].endswith(": 1, 2, 3.")


async def test_another_number_of_bytes_is_refused(
    client: httpx.AsyncClient, direct: FakeDirectAccess, blobs: FakeBlobStore, database: FakeDatabase
) -> None:
    upload = await begin(client)
    assert send(direct, upload, b"short")[0].status == 403
    (key,) = database.blobs.keys()
    blobs.stored[key] = b"short"  # not every store compares the length that was signed
    assert refusal(await complete(client, upload)) == (400, "incomplete_upload")
    send(direct, upload, b"0123456789")
    assert (await complete(client, upload)).status_code == 201


async def test_a_policy_that_has_changed_holds_when_the_file_is_stored(
    client: httpx.AsyncClient, direct: FakeDirectAccess
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    for policy, status, code in (
        ({"quota_bytes": 9}, 507, "quota_exceeded"),
        ({"max_file_size": 9}, 413, "file_too_large"),
        ({"allowed_types": ["image/*"]}, 415, "type_not_allowed"),
    ):
        await client.put(BUCKET, json=policy)
        assert refusal(await complete(client, upload)) == (status, code)
    await client.put(BUCKET, json={})
    assert (await complete(client, upload)).status_code == 201


async def test_an_upload_that_expires_amid_its_completion_becomes_a_file(
    client: httpx.AsyncClient, direct: FakeDirectAccess, service: Service
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    service.clock.advance(LIFE - 1)
    direct.copying = anyio.Event()
    answers: list[httpx.Response] = []

    async def completing() -> None:
        answers.append(await complete(client, upload))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(completing)
        await anyio.wait_all_tasks_blocked()
        service.clock.advance(2)
        assert (await client.get(f"{UPLOADS}/{upload['id']}")).json()["state"] == "completing"
        direct.copying.set()
    assert answers[0].status_code == 201


async def test_two_completions_at_once_make_one_file(client: httpx.AsyncClient, direct: FakeDirectAccess) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    answers: list[httpx.Response] = []

    async def completing() -> None:
        answers.append(await complete(client, upload))

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(completing)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert direct.copies == 1


async def test_a_completion_of_another_replica_is_accepted_and_taken_over_when_that_died(
    client: httpx.AsyncClient, direct: FakeDirectAccess, catalog: FakeCatalog, service: Service
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    found = next(each for each in await catalog.direct_uploads.list_direct_uploads(ALL_SHOWN, after=None, limit=1))
    key = new_blob_key()
    await catalog.blob_records.reserve_blobs([key], lease=30)
    await catalog.direct_uploads.claim_direct_upload(found.id, key)
    accepted = await complete(client, upload)
    assert (accepted.status_code, accepted.json()["state"]) == (202, "completing")
    assert int(accepted.headers["retry-after"]) >= 1
    service.clock.advance(30)
    assert (await client.get(f"{UPLOADS}/{upload['id']}")).json()["state"] == "open"
    assert (await complete(client, upload)).status_code == 201


async def test_an_upload_that_is_ended_amid_its_completion_becomes_no_file(
    client: httpx.AsyncClient, direct: FakeDirectAccess
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    direct.copying = anyio.Event()
    answers: list[httpx.Response] = []

    async def completing() -> None:
        answers.append(await complete(client, upload))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(completing)
        await anyio.wait_all_tasks_blocked()
        assert (await client.delete(f"{UPLOADS}/{upload['id']}")).status_code == 204
        direct.copying.set()
    assert refusal(answers[0]) == (410, "direct_upload_ended")
    assert (await client.get(f"{BUCKET}/files/a.txt")).status_code == 404


async def test_bytes_that_vanish_amid_the_completion_are_missed(
    client: httpx.AsyncClient, direct: FakeDirectAccess, blobs: FakeBlobStore
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    direct.copying = anyio.Event()
    answers: list[httpx.Response] = []

    async def completing() -> None:
        answers.append(await complete(client, upload))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(completing)
        await anyio.wait_all_tasks_blocked()
        blobs.stored.clear()
        direct.copying.set()
    assert refusal(answers[0]) == (400, "incomplete_upload")
