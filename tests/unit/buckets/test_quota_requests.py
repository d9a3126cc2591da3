"""Quotas, for every way in: they answer 507 with the figures, and expired files leave their room at once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from domain.buckets.model import Usage
from tests.support.fake_service import Service
from tests.support.tus import BYTES, TUS, UPLOADS, encoded
from tests.unit.direct_uploads import direct_requests
from tests.unit.uploads import requests as tus_requests

BUCKET = "/v1/buckets/songs"
CONTENT = b"0123456789"

Way = Callable[[httpx.AsyncClient, Service], Awaitable[httpx.Response]]


async def put(client: httpx.AsyncClient, _: Service) -> httpx.Response:
    return await client.put(f"{BUCKET}/files/new.txt", content=CONTENT)


async def replace(client: httpx.AsyncClient, _: Service) -> httpx.Response:
    return await client.put(f"{BUCKET}/files/old.txt", content=CONTENT)


async def form(client: httpx.AsyncClient, _: Service) -> httpx.Response:
    return await client.post(f"{BUCKET}/files", files={"file": ("new.txt", CONTENT, "text/plain")})


async def tus(client: httpx.AsyncClient, _: Service) -> httpx.Response:
    url = await tus_requests.begin(
        client, len(CONTENT), **{"Upload-Metadata": encoded(filename="new.txt", bucket="songs")}
    )
    return await tus_requests.add(client, url, 0, CONTENT)


async def direct(client: httpx.AsyncClient, service: Service) -> httpx.Response:
    upload = await direct_requests.begin(client, CONTENT, bucket="songs", name="new.txt")
    direct_requests.send(service.direct, upload, CONTENT)
    return await direct_requests.complete(client, upload)


async def elsewhere(client: httpx.AsyncClient) -> str:
    answer = await client.put("/v1/buckets/default/files/new.txt", content=CONTENT)
    return str(answer.json()["id"])


async def copy(client: httpx.AsyncClient, _: Service) -> httpx.Response:
    return await client.post(f"/v1/files/{await elsewhere(client)}/copy", json={"bucket": "songs"})


async def move(client: httpx.AsyncClient, _: Service) -> httpx.Response:
    return await client.patch(f"/v1/files/{await elsewhere(client)}", json={"bucket": "songs"})


async def batch(client: httpx.AsyncClient, operation: dict[str, Any]) -> httpx.Response:
    operations = [{"id": await elsewhere(client), **operation}]
    answer = await client.post("/v1/batch", json={"operations": operations})
    [result] = answer.json()["results"]
    return httpx.Response(result["status"], json=result)


async def batch_copy(client: httpx.AsyncClient, _: Service) -> httpx.Response:
    return await batch(client, {"op": "copy", "to": {"bucket": "songs"}})


async def batch_move(client: httpx.AsyncClient, _: Service) -> httpx.Response:
    return await batch(client, {"op": "move", "to": {"bucket": "songs"}})


async def usage(client: httpx.AsyncClient) -> dict[str, int]:
    return dict((await client.get(BUCKET)).json()["usage"])


WAYS = [put, replace, form, tus, direct, copy, move, batch_copy, batch_move]


@pytest.mark.parametrize("way", WAYS)
async def test_expired_files_leave_their_room_to_every_way_in(
    client: httpx.AsyncClient, service: Service, way: Way
) -> None:
    await client.put(BUCKET, json={"quota_bytes": len(CONTENT), "default_ttl": 60})
    for name in ("old.txt", "older.txt"):
        assert (await client.put(f"{BUCKET}/files/{name}", content=CONTENT[:5])).status_code == 201
    assert await usage(client) == {"bytes": 10, "files": 2}
    service.clock.advance(60)
    assert await usage(client) == {"bytes": 0, "files": 0}
    answer = await way(client, service)
    assert answer.status_code in {200, 201, 204}, answer.text
    assert await usage(client) == {"bytes": 10, "files": 1}
    refused = await client.put(f"{BUCKET}/files/more.txt", content=b"x")
    assert (refused.status_code, refused.json()["code"]) == (507, "quota_exceeded")


FULL = {"quota_bytes": 12, "used_bytes": 5, "quota_files": 3, "used_files": 1}


@pytest.mark.parametrize("way", [put, form, copy, move, batch_copy, batch_move])
async def test_a_bucket_that_is_full_says_how_full_and_stays_as_it_is(
    client: httpx.AsyncClient, service: Service, way: Way
) -> None:
    await client.put(BUCKET, json={"quota_bytes": 12, "quota_files": 3})
    await client.put(f"{BUCKET}/files/old.txt", content=CONTENT[:5])
    before = (await client.get(BUCKET)).json()
    answer = await way(client, service)
    problem = answer.json().get("problem", answer.json())
    assert answer.status_code == 507
    assert problem == {
        "type": "about:blank",
        "title": "Insufficient Storage",
        "status": 507,
        "detail": "The file does not fit in what is left of its bucket's quota.",
        "code": "quota_exceeded",
        **FULL,
    }
    assert (await client.get(BUCKET)).json() == before
    assert service.catalog.database.taken("songs") == Usage(bytes=5, files=1)


async def test_a_bucket_without_one_of_the_limits_says_null(client: httpx.AsyncClient) -> None:
    await client.put(BUCKET, json={"quota_files": 1})
    assert (await client.put(f"{BUCKET}/files/a", content=CONTENT)).status_code == 201
    assert (await client.put(f"{BUCKET}/files/a", content=CONTENT * 9)).status_code == 200
    refused = (await client.put(f"{BUCKET}/files/b", content=b"")).json()
    assert {key: refused[key] for key in FULL} == {
        "quota_bytes": None,
        "used_bytes": 90,
        "quota_files": 1,
        "used_files": 1,
    }
    other = (await client.put("/v1/buckets/none/files/a", content=b"")).json()
    assert not FULL.keys() & other.keys()


async def test_a_batch_that_is_sent_again_answers_the_same_figures(client: httpx.AsyncClient) -> None:
    await client.put(BUCKET, json={"quota_bytes": 1})
    operations = [{"op": "copy", "id": await elsewhere(client), "to": {"bucket": "songs"}}]
    key = {"Idempotency-Key": "'again'"}
    first, second = [
        (await client.post("/v1/batch", json={"operations": operations}, headers=key)).json() for _ in range(2)
    ]
    assert first == second
    assert first["results"][0]["problem"]["quota_bytes"] == 1


async def chunked(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_the_room_of_a_body_is_taken_before_it_is_read(client: httpx.AsyncClient, service: Service) -> None:
    await client.put(BUCKET, json={"quota_bytes": 10})
    database = service.catalog.database
    seen: list[Usage] = []

    async def body() -> AsyncIterator[bytes]:
        for chunk in (b"0123", b"456789"):
            seen.append(database.taken("songs"))
            refused = await client.put(f"{BUCKET}/files/other", content=b"x")
            assert (refused.status_code, refused.json()["used_bytes"]) == (507, 10)
            yield chunk

    answer = await client.put(f"{BUCKET}/files/a.txt", content=body(), headers={"Content-Length": "10"})
    assert answer.status_code == 201
    assert seen == [Usage(bytes=10, files=1)] * 2
    assert database.taken("songs") == Usage(bytes=10, files=1)


async def test_a_body_of_unknown_length_takes_its_room_in_steps(client: httpx.AsyncClient, service: Service) -> None:
    await client.put(BUCKET, json={"quota_bytes": 100})
    database = service.catalog.database
    seen: list[int] = []

    async def body() -> AsyncIterator[bytes]:
        for size in (1, 10, 10, 10):
            yield bytes(size)
            seen.append(database.taken("songs").bytes)

    assert (await client.put(f"{BUCKET}/files/a.bin", content=body())).status_code == 201
    assert seen == [1, 22, 22, 62]
    assert database.taken("songs") == Usage(bytes=31, files=1)


async def test_a_body_that_outgrows_the_quota_leaves_nothing(client: httpx.AsyncClient, service: Service) -> None:
    await client.put(BUCKET, json={"quota_bytes": 10})
    answer = await client.put(f"{BUCKET}/files/a.txt", content=chunked(b"012345", b"678901"))
    assert (answer.status_code, answer.json()["used_bytes"]) == (507, 0)
    assert service.catalog.database.taken("songs") == Usage()
    assert (await client.put(f"{BUCKET}/files/a.txt", content=chunked(b"012345", b"6789"))).status_code == 201


async def test_uploads_of_unknown_length_share_what_is_left(client: httpx.AsyncClient, service: Service) -> None:
    await client.put(BUCKET, json={"quota_bytes": 10})
    headers = {**TUS, "Upload-Defer-Length": "1", "Upload-Metadata": encoded(filename="a", bucket="songs")}
    begun = await client.post(UPLOADS, headers=headers)
    path = begun.headers["location"]
    assert service.catalog.database.taken("songs") == Usage(bytes=0, files=1)
    assert (await tus_requests.add(client, path, 0, b"0123456")).status_code == 204
    refused = await client.put(f"{BUCKET}/files/b", content=b"0123")
    assert (refused.status_code, refused.json()["used_bytes"]) == (507, 7)
    over = await client.patch(path, headers={**BYTES, "Upload-Offset": "7", "Upload-Length": "11"}, content=b"7890")
    assert (over.status_code, over.json()["code"]) == (507, "quota_exceeded")
    last = await client.patch(path, headers={**BYTES, "Upload-Offset": "7", "Upload-Length": "10"}, content=b"789")
    assert last.status_code == 204
    assert service.catalog.database.taken("songs") == Usage(bytes=10, files=1)
    assert await usage(client) == {"bytes": 10, "files": 1}


async def test_an_upload_that_is_put_together_takes_the_room_of_its_parts(
    client: httpx.AsyncClient, service: Service
) -> None:
    await client.put(BUCKET, json={"quota_bytes": 10})
    paths = []
    for _ in range(2):
        part = {**TUS, "Upload-Concat": "partial", "Upload-Length": "6"}
        paths.append((await client.post(UPLOADS, headers=part)).headers["location"])
    final = {
        **TUS,
        "Upload-Concat": f"final;{' '.join(paths)}",
        "Upload-Metadata": encoded(filename="a", bucket="songs"),
    }
    refused = await client.post(UPLOADS, headers=final)
    assert (refused.status_code, refused.json()["code"]) == (507, "quota_exceeded")
    assert service.catalog.database.taken("songs") == Usage()
    await client.put(BUCKET, json={"quota_bytes": 12})
    begun = await client.post(UPLOADS, headers=final)
    assert service.catalog.database.taken("songs") == Usage(bytes=12, files=1)
    for path in paths:
        await tus_requests.add(client, path, 0, b"012345")
    assert (await client.head(begun.headers["location"], headers=TUS)).status_code == 200
    assert await usage(client) == {"bytes": 12, "files": 1}
    assert service.catalog.database.taken("songs") == Usage(bytes=12, files=1)


async def test_an_upload_that_is_ended_gives_its_room_back(client: httpx.AsyncClient, service: Service) -> None:
    await client.put(BUCKET, json={"quota_bytes": 10})
    url = await tus_requests.begin(client, 10, **{"Upload-Metadata": encoded(filename="a", bucket="songs")})
    refused = await client.put(f"{BUCKET}/files/b", content=b"x")
    assert (refused.status_code, refused.json()["used_files"]) == (507, 1)
    assert (await client.delete(url, headers=TUS)).status_code == 204
    direct_upload = await direct_requests.begin(client, CONTENT, bucket="songs", name="a")
    assert (await client.put(f"{BUCKET}/files/b", content=b"x")).status_code == 507
    assert (await client.delete(f"/v1/direct-uploads/{direct_upload['id']}")).status_code == 204
    assert service.catalog.database.taken("songs") == Usage()
    assert (await client.put(f"{BUCKET}/files/b", content=CONTENT)).status_code == 201


@pytest.mark.parametrize("expires_at", ["2027-01-01T00:00:00Z", None])
async def test_an_expiry_that_was_set_outlasts_storing_the_file_again(
    client: httpx.AsyncClient, expires_at: str | None
) -> None:
    await client.put(BUCKET, json={"default_ttl": 60})
    file = (await client.put(f"{BUCKET}/files/a.txt", content=b"1")).json()
    assert file["expires_at"] == "2026-01-01T00:01:00Z"
    patched = await client.patch(f"/v1/files/{file['id']}", json={"expires_at": expires_at})
    assert patched.json()["expires_at"] == expires_at
    await client.patch(f"/v1/files/{file['id']}", json={"name": "b.txt"})
    for answer in (
        await client.put(f"{BUCKET}/files/b.txt", content=b"2"),
        await client.post(f"{BUCKET}/files", files={"file": ("b.txt", b"3")}),
    ):
        assert (answer.status_code, answer.json()["expires_at"]) == (200, expires_at)
