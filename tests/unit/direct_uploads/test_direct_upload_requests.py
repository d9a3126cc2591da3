"""`/v1/direct-uploads` over HTTP: a client that sends the bytes to the blob store itself."""

import hashlib
from uuid import uuid4

import httpx
import pytest

from tests.fakes.blobs.direct_access import FakeDirectAccess
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.database import FakeDatabase
from tests.support.fake_service import Service
from tests.unit.direct_uploads.direct_requests import (
    BUCKET,
    LIFE,
    PART,
    UPLOADS,
    URL_LIFE,
    Json,
    begin,
    complete,
    reap_after,
    refusal,
    send,
)


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
    # The staged blob is gone already: only the file's blob is left.
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


async def test_a_file_of_that_name_is_replaced(client: httpx.AsyncClient, direct: FakeDirectAccess) -> None:
    before = (await client.put(f"{BUCKET}/files/a.txt", content=b"before")).json()
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    answer = await complete(client, upload)
    assert (answer.status_code, answer.json()["id"], answer.json()["revision"]) == (200, before["id"], 2)


@pytest.mark.parametrize(
    ("policy", "fields", "status", "code"),
    [
        ({"quota_bytes": 9}, {}, 507, "quota_exceeded"),
        ({"max_file_size": 9}, {}, 413, "file_too_large"),
        ({"allowed_types": ["image/*"]}, {"name": "a.txt"}, 415, "type_not_allowed"),
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
async def test_an_upload_that_can_be_refused_is_refused_at_the_beginning(
    client: httpx.AsyncClient, database: FakeDatabase, policy: Json, fields: Json, status: int, code: str
) -> None:
    await client.put(BUCKET, json=policy)
    answer = await client.post(UPLOADS, json={"bucket": "default", "name": "a", "size": 10, **fields})
    assert refusal(answer) == (status, code)
    assert not database.direct_uploads
    assert all(row.state == "condemned" for row in database.blobs.values())  # the key of one without room


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


async def test_an_upload_that_expired_is_gone_and_its_bytes_are_reaped(
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
