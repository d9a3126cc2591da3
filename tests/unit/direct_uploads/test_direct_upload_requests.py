"""`/v1/direct-uploads` over HTTP: a client that sends the bytes to the blob store itself."""

import hashlib
from typing import Any
from uuid import uuid4

import anyio
import httpx
import pytest

from domain.blobs.errors import DirectAccessUnsupportedError
from domain.blobs.model import new_blob_key
from domain.errors import CatalogUnavailableError, LeaseLostError, OutcomeUnknownError
from domain.maintenance.reap import Reap
from tests.fakes.blob_store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.direct_access import FakeDirectAccess, Found
from tests.fakes.failures import BLOB_STORE_DOWN, CATALOG_DOWN
from tests.support.fake_service import Service

UPLOADS = "/v1/direct-uploads"
BUCKET = "/v1/buckets/default"
PART = 5 * 1024 * 1024
LIFE = 86_400
URL_LIFE = 900
Json = dict[str, Any]


async def begin(client: httpx.AsyncClient, content: bytes = b"0123456789", **fields: object) -> Json:
    """Open an upload of a file with that content."""
    asked = {"bucket": "default", "name": "a.txt", "size": len(content), **fields}
    answer = await client.post(UPLOADS, json=asked)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def send(direct: FakeDirectAccess, upload: Json, content: bytes, *numbers: int) -> list[Found]:
    """Send the parts of these numbers to the store, all that the answer has by default."""
    size = upload["part_size"]
    return [
        direct.send(part["method"], part["url"], content[(part["number"] - 1) * size : part["number"] * size])
        for part in upload["parts"]["items"]
        if not numbers or part["number"] in numbers
    ]


async def complete(client: httpx.AsyncClient, upload: Json) -> httpx.Response:
    return await client.post(f"{UPLOADS}/{upload['id']}/complete")


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_small_file_is_sent_with_one_request_and_becomes_a_file(
    client: httpx.AsyncClient, direct: FakeDirectAccess, blobs: FakeBlobStore
) -> None:
    content = b"0123456789"
    answer = await client.post(
        UPLOADS,
        json={
            "bucket": "default",
            "name": "dir/a.txt",
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest().upper(),
            "metadata": {"a": 1},
            "tags": ["x"],
        },
    )
    upload = answer.json()
    assert answer.headers["location"] == f"{UPLOADS}/{upload['id']}"
    assert (upload["state"], upload["content_type"], upload["part_count"]) == ("open", "text/plain", 1)
    assert (upload["created_at"], upload["expires_at"]) == ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    (part,) = upload["parts"]["items"]
    assert (part["number"], part["size"], part["method"], upload["parts"]["next"]) == (1, 10, "PUT", None)
    assert part["headers"] == {"Content-Length": "10"}
    assert (await client.get(f"{BUCKET}/files/dir/a.txt")).status_code == 404
    assert send(direct, upload, content)[0].status == 200
    stored = await complete(client, upload)
    file = stored.json()
    assert stored.status_code == 201
    assert stored.headers["location"] == f"/v1/files/{file['id']}"
    assert stored.headers["etag"] == file["etag"]
    assert (file["name"], file["size"], file["metadata"], file["tags"]) == ("dir/a.txt", 10, {"a": 1}, ["x"])
    assert (await client.get(f"{BUCKET}/files/dir/a.txt")).content == content
    # What was staged is gone already: there is the file's blob and no other.
    assert len(blobs.stored) == 1
    found = (await client.get(f"{UPLOADS}/{upload['id']}")).json()
    assert (found["state"], found["file_id"]) == ("completed", file["id"])


@pytest.mark.parametrize("size", [2 * PART, 2 * PART + 1])
async def test_a_large_file_is_sent_in_parts(client: httpx.AsyncClient, direct: FakeDirectAccess, size: int) -> None:
    content = bytes(size)
    upload = await begin(client, content, part_size=PART)
    assert upload["part_count"] == len(upload["parts"]["items"]) == -(-size // PART)
    assert sum(part["size"] for part in upload["parts"]["items"]) == size
    assert {found.status for found in send(direct, upload, content)} == {200}
    file = (await complete(client, upload)).json()
    assert (file["size"], file["sha256"]) == (size, hashlib.sha256(content).hexdigest())
    assert (await client.get(f"{BUCKET}/files/a.txt")).content == content


async def test_an_empty_file_takes_a_request_too(client: httpx.AsyncClient, direct: FakeDirectAccess) -> None:
    upload = await begin(client, b"")
    assert refusal(await complete(client, upload)) == (400, "incomplete_upload")
    send(direct, upload, b"")
    assert (await complete(client, upload)).json()["size"] == 0


async def test_parts_come_in_pages_and_with_new_urls(
    client: httpx.AsyncClient, direct: FakeDirectAccess, service: Service
) -> None:
    content = bytes(2 * PART + 7)
    upload = await begin(client, content, part_size=PART)
    url = f"{UPLOADS}/{upload['id']}/parts"
    service.clock.advance(60)
    assert {found.status for found in send(direct, upload, content)} == {403}
    first = (await client.get(url, params={"limit": 2})).json()
    assert ([part["number"] for part in first["items"]], first["next"]) == ([1, 2], 3)
    second = (await client.get(url, params={"first": first["next"]})).json()
    assert ([(part["number"], part["size"]) for part in second["items"]], second["next"]) == ([(3, 7)], None)
    assert (await client.get(url, params={"first": 4})).json() == {"items": [], "next": None}
    assert send(direct, {**upload, "parts": first}, content)[0].status == 200
    assert send(direct, {**upload, "parts": second}, content)[0].status == 200
    assert (await complete(client, upload)).status_code == 201


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


async def test_a_file_of_that_name_is_replaced(client: httpx.AsyncClient, direct: FakeDirectAccess) -> None:
    before = (await client.put(f"{BUCKET}/files/a.txt", content=b"before")).json()
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    answer = await complete(client, upload)
    assert (answer.status_code, answer.json()["id"], answer.json()["revision"]) == (200, before["id"], 2)


async def test_what_is_sent_after_the_completion_changes_no_file(
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


async def test_what_is_sent_amid_the_completion_is_not_taken_unseen(
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
    client: httpx.AsyncClient, direct: FakeDirectAccess, blobs: FakeBlobStore, catalog: FakeCatalog
) -> None:
    upload = await begin(client)
    assert send(direct, upload, b"short")[0].status == 403
    (key,) = catalog.blobs.keys()
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
        ({"quota_bytes": 9}, 413, "quota_exceeded"),
        ({"max_file_size": 9}, 413, "file_too_large"),
        ({"allowed_types": ["image/*"]}, 415, "type_not_allowed"),
    ):
        await client.put(BUCKET, json=policy)
        assert refusal(await complete(client, upload)) == (status, code)
    await client.put(BUCKET, json={})
    assert (await complete(client, upload)).status_code == 201


@pytest.mark.parametrize(
    ("policy", "fields", "status", "code"),
    [
        ({"quota_bytes": 9}, {}, 413, "quota_exceeded"),
        ({"max_file_size": 9}, {}, 413, "file_too_large"),
        ({"allowed_types": ["image/*"]}, {}, 415, "type_not_allowed"),
        ({}, {"size": 2**40}, 413, "file_too_large"),
        ({}, {"size": -1}, 400, "invalid_input"),
        ({}, {"size": 2**50}, 400, "invalid_input"),
        ({}, {"size": None}, 400, "invalid_input"),
        ({}, {"name": "a//b"}, 400, "invalid_name"),
        ({}, {"bucket": "nowhere"}, 404, "bucket_not_found"),
        ({}, {"bucket": "Ä"}, 400, "invalid_bucket"),
        ({}, {"content_type": "text"}, 400, "invalid_content_type"),
        ({}, {"sha256": "abc"}, 400, "invalid_input"),
        ({}, {"metadata": {"a": "\0"}}, 400, "invalid_metadata"),
        ({}, {"tags": ["a,b"]}, 400, "invalid_tags"),
        ({}, {"part_size": 1}, 400, "invalid_part_size"),
        ({}, {"nmae": "a"}, 400, "invalid_input"),
    ],
)
async def test_what_can_be_refused_is_refused_at_the_beginning(
    client: httpx.AsyncClient, catalog: FakeCatalog, policy: Json, fields: Json, status: int, code: str
) -> None:
    await client.put(BUCKET, json=policy)
    answer = await client.post(UPLOADS, json={"bucket": "default", "name": "a", "size": 10, **fields})
    assert refusal(answer) == (status, code)
    assert not catalog.blobs


async def test_conditions_hold_at_the_beginning_and_at_the_end(
    client: httpx.AsyncClient, direct: FakeDirectAccess
) -> None:
    asked = {"bucket": "default", "name": "a.txt", "size": 10}
    upload = (await client.post(UPLOADS, json=asked, headers={"If-None-Match": "*"})).json()
    send(direct, upload, b"0123456789")
    await client.put(f"{BUCKET}/files/a.txt", content=b"quicker")
    assert refusal(await complete(client, upload)) == (409, "direct_upload_condition_failed")
    answer = await client.post(UPLOADS, json=asked, headers={"If-None-Match": "*"})
    assert refusal(answer) == (412, "precondition_failed")


async def test_an_upload_that_expired_is_gone_and_what_was_sent_is_reaped(
    client: httpx.AsyncClient, direct: FakeDirectAccess, service: Service, blobs: FakeBlobStore
) -> None:
    whole, parts = await begin(client), await begin(client, bytes(PART + 1), part_size=PART)
    send(direct, whole, b"0123456789")
    send(direct, parts, bytes(PART + 1), 1)
    await reap_after(service, LIFE)
    assert len(blobs.stored) == len(blobs.unfinished) == 1
    for upload in (whole, parts):
        for method, path in (("GET", ""), ("GET", "/parts"), ("POST", "/complete"), ("DELETE", "")):
            answer = await client.request(method, f"{UPLOADS}/{upload['id']}{path}")
            assert refusal(answer) == (410, "direct_upload_ended"), (method, path)
    assert (await client.get(UPLOADS)).json()["items"] == []
    # URLs may have been given until then, so that bytes may come until they end, too.
    await reap_after(service, URL_LIFE)
    assert (blobs.stored, blobs.unfinished) == ({}, {})
    assert refusal(await client.get(f"{UPLOADS}/{whole['id']}")) == (404, "direct_upload_not_found")


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


async def test_what_another_replica_completes_is_accepted_and_taken_over_when_that_died(
    client: httpx.AsyncClient, direct: FakeDirectAccess, catalog: FakeCatalog, service: Service
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    found = next(each for each in await catalog.list_direct_uploads(after=None, limit=1))
    key = new_blob_key()
    await catalog.reserve_blobs([key], lease=30)
    await catalog.claim_direct_upload(found.id, key)
    accepted = await complete(client, upload)
    assert (accepted.status_code, accepted.json()["state"]) == (202, "completing")
    assert int(accepted.headers["retry-after"]) >= 1
    service.clock.advance(30)
    assert (await client.get(f"{UPLOADS}/{upload['id']}")).json()["state"] == "open"
    assert (await complete(client, upload)).status_code == 201


async def test_an_upload_can_be_ended(
    client: httpx.AsyncClient, direct: FakeDirectAccess, blobs: FakeBlobStore
) -> None:
    content = bytes(PART + 1)
    upload = await begin(client, content, part_size=PART)
    send(direct, upload, content)
    url = f"{UPLOADS}/{upload['id']}"
    for _ in range(2):
        assert (await client.delete(url)).status_code == 204
    assert not blobs.unfinished
    assert refusal(await client.get(url)) == (410, "direct_upload_ended")
    assert refusal(await complete(client, upload)) == (410, "direct_upload_ended")
    assert send(direct, upload, content)[0].status == 404


async def test_an_upload_can_be_ended_while_the_store_is_down(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    upload = await begin(client)
    blobs.fail_with = BLOB_STORE_DOWN
    assert (await client.delete(f"{UPLOADS}/{upload['id']}")).status_code == 204


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


async def test_a_completed_upload_can_neither_be_ended_nor_sent_again(
    client: httpx.AsyncClient, direct: FakeDirectAccess
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    await complete(client, upload)
    for answer in (
        await client.delete(f"{UPLOADS}/{upload['id']}"),
        await client.get(f"{UPLOADS}/{upload['id']}/parts"),
    ):
        assert refusal(answer) == (409, "direct_upload_completed")
    assert (await client.get(f"{BUCKET}/files/a.txt")).status_code == 200


async def test_uploads_under_way_are_listed_in_pages(client: httpx.AsyncClient) -> None:
    uploads = [(await begin(client))["id"] for _ in range(3)]
    await client.delete(f"{UPLOADS}/{uploads[1]}")
    first = (await client.get(UPLOADS, params={"limit": 1})).json()
    second = (await client.get(UPLOADS, params={"limit": 1, "cursor": first["next"]})).json()
    assert [each["id"] for each in (*first["items"], *second["items"])] == sorted([uploads[0], uploads[2]])
    assert second["next"] is None


@pytest.mark.parametrize("cursor", ["x", "null", "01a1fbb5-4e86-72b2-97d2-883554c0939d"])
async def test_a_cursor_of_another_make_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    assert refusal(await client.get(UPLOADS, params={"cursor": cursor})) == (400, "invalid_cursor")


async def test_an_upload_that_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    for method, path in (("GET", ""), ("GET", "/parts"), ("POST", "/complete"), ("DELETE", "")):
        answer = await client.request(method, f"{UPLOADS}/{uuid4()}{path}")
        assert refusal(answer) == (404, "direct_upload_not_found")


async def test_on_a_store_without_a_way_in_all_of_it_is_a_conflict(
    client: httpx.AsyncClient, direct: FakeDirectAccess, catalog: FakeCatalog
) -> None:
    direct.fail_with = DirectAccessUnsupportedError("The bytes are kept on a disk.")
    id_ = uuid4()
    asked = {"bucket": "default", "name": "a", "size": 1}
    for method, path, body in (
        ("POST", "", asked),
        ("GET", "", None),
        ("GET", f"/{id_}", None),
        ("GET", f"/{id_}/parts", None),
        ("POST", f"/{id_}/complete", None),
        ("DELETE", f"/{id_}", None),
    ):
        answer = await client.request(method, f"{UPLOADS}{path}", json=body)
        assert refusal(answer) == (409, "direct_access_unsupported"), (method, path)
    assert not catalog.blobs


@pytest.mark.parametrize("size", [10, PART + 1])
async def test_a_store_that_is_down_opens_no_upload_and_leaves_nothing(
    client: httpx.AsyncClient,
    direct: FakeDirectAccess,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    async def down(_: str) -> str:
        raise BLOB_STORE_DOWN

    asked = {"bucket": "default", "name": "a", "size": size, "part_size": PART}
    monkeypatch.setattr(direct, "begin_parts", down)  # it goes down after it was asked
    answer = await client.post(UPLOADS, json=asked)
    assert answer.status_code == (201 if size == 10 else 503)
    await reap_after(service, LIFE + URL_LIFE)
    assert not service.catalog.blobs


@pytest.mark.parametrize(
    ("call", "error", "code"),
    [
        ("reserve_blobs", OutcomeUnknownError("Lost."), "catalog_unavailable"),
        ("reserve_blobs", CATALOG_DOWN, "catalog_unavailable"),
        ("open_direct_upload", CATALOG_DOWN, "catalog_unavailable"),
        ("open_direct_upload", LeaseLostError("Lost."), "lease_lost"),
        ("open_direct_upload", OutcomeUnknownError("Lost."), "outcome_unknown"),
    ],
)
async def test_a_catalog_that_fails_opens_no_upload_and_leaves_nothing(
    client: httpx.AsyncClient,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    error: Exception,
    code: str,
) -> None:
    async def failing(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(service.catalog, call, failing)
        answer = await client.post(UPLOADS, json={"bucket": "default", "name": "a", "size": 1})
    assert refusal(answer) == (503, code)
    await reap_after(service, LIFE + URL_LIFE)
    assert not service.catalog.blobs


async def test_a_completion_that_fails_leaves_nothing_and_can_be_repeated(
    client: httpx.AsyncClient,
    direct: FakeDirectAccess,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")

    async def failing(*_: object, **__: object) -> None:
        raise CatalogUnavailableError("The catalog does not answer.")

    async def down(*_: object, **__: object) -> None:
        raise BLOB_STORE_DOWN

    for owner, call, code in (
        (service.catalog, "commit_direct_upload", "catalog_unavailable"),
        (direct, "copy", "blob_store_unavailable"),
        (service.blobs, "get_size", "blob_store_unavailable"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, call, down if owner is not service.catalog else failing)
            assert refusal(await complete(client, upload)) == (503, code)
        found = (await client.get(f"{UPLOADS}/{upload['id']}")).json()
        assert (found["state"], found["failure"]["code"]) == ("open", code)
    assert (await complete(client, upload)).status_code == 201
    await reap_after(service, LIFE + URL_LIFE)
    assert [row.state for row in service.catalog.blobs.values()] == ["live"]
    assert len(service.blobs.stored) == 1


async def test_a_commit_without_an_answer_is_found_by_its_repeat(
    client: httpx.AsyncClient, direct: FakeDirectAccess, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.files.content.commit_retries.PAUSE_SECONDS", 0)
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    commit = service.catalog.commit_direct_upload
    lost = [True]

    async def losing(*arguments: Any) -> Any:
        stored = await commit(*arguments)
        if lost.pop() if lost else False:
            raise OutcomeUnknownError("The answer was lost.")
        return stored

    monkeypatch.setattr(service.catalog, "commit_direct_upload", losing)
    answer = await complete(client, upload)
    assert (answer.status_code, answer.json()["revision"]) == (201, 1)
    assert (await client.get("/v1/files?total=true")).json()["total"] == 1


async def test_a_claim_without_an_answer_ends_with_its_reservation(
    client: httpx.AsyncClient, direct: FakeDirectAccess, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    claim = service.catalog.claim_direct_upload

    async def losing(*arguments: Any) -> Any:
        await claim(*arguments)
        raise OutcomeUnknownError("The answer was lost.")

    with monkeypatch.context() as patch:
        patch.setattr(service.catalog, "claim_direct_upload", losing)
        assert refusal(await complete(client, upload)) == (503, "catalog_unavailable")
    assert (await complete(client, upload)).status_code == 201


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


async def test_a_store_that_does_not_remove_what_was_staged_leaves_it_to_the_reaper(
    client: httpx.AsyncClient, direct: FakeDirectAccess, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")

    async def down(_: object) -> None:
        raise BLOB_STORE_DOWN

    with monkeypatch.context() as patch:
        patch.setattr(service.blobs, "delete", down)
        assert (await complete(client, upload)).status_code == 201
    assert len(service.blobs.stored) == 2
    await reap_after(service, LIFE + URL_LIFE)
    assert len(service.blobs.stored) == 1


async def reap_after(service: Service, seconds: float) -> None:
    """Let time pass, and the reaper do what is due then."""
    service.clock.advance(seconds)
    async for _ in Reap(service.catalog, service.blobs)():
        pass
