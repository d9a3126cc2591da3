"""The room of expired files is free at once, for every way in, though no reaper has come by."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.support.fake_service import Service
from tests.support.tus import encoded
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


@pytest.mark.parametrize("way", [put, replace, form, tus, direct, copy, move, batch_copy, batch_move])
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
    assert (refused.status_code, refused.json()["code"]) == (413, "quota_exceeded")


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
