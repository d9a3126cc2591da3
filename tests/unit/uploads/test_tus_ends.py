"""Uploads that are under way, and those that end without a file."""

import httpx
import pytest

from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import FakeDatabase
from tests.support.fake_service import Service
from tests.support.reaper import reaper
from tests.support.tus import TUS, UPLOADS, encoded
from tests.unit.uploads.requests import add, begin, stored


async def test_uploads_under_way_are_listed_with_their_progress(client: httpx.AsyncClient, clock: FakeClock) -> None:
    await client.put("/v1/buckets/music", json={})
    given = encoded(bucket="music", filename="a.flac", metadata='{"k": 1}', tags="t")
    first = await begin(client, 10, **{"Upload-Metadata": given})
    await add(client, first, 0, b"012")
    clock.advance(1)
    second = await begin(client, None)
    done = await begin(client, 1)
    await add(client, done, 0, b"x")
    page = (await client.get(UPLOADS)).json()
    ids = [url.rpartition("/")[2] for url in (first, second)]
    assert [each["id"] for each in page["items"]] == ids
    assert page["items"][0] == {
        "id": ids[0],
        "kind": "whole",
        "bucket": "music",
        "name": "a.flac",
        "content_type": "audio/flac",
        "metadata": {"k": 1},
        "tags": ["t"],
        "length": 10,
        "received": 3,
        "created_at": "2026-01-01T00:00:00Z",
        "expires_at": "2026-01-02T00:00:00Z",
    }
    assert page["items"][1]["length"] is None
    assert (await client.get(UPLOADS, params={"bucket": "music"})).json()["items"] == page["items"][:1]
    one = (await client.get(UPLOADS, params={"limit": 1})).json()
    assert [each["id"] for each in one["items"]] == ids[:1]
    rest = (await client.get(UPLOADS, params={"limit": 1, "cursor": one["next"]})).json()
    assert ([each["id"] for each in rest["items"]], rest["next"]) == (ids[1:], None)


@pytest.mark.parametrize("query", ["bucket=No", "limit=0", "cursor=x", "cursor=null"])
async def test_a_listing_that_is_not_understood_is_refused(client: httpx.AsyncClient, query: str) -> None:
    assert (await client.get(f"{UPLOADS}?{query}")).status_code == 400


async def test_an_upload_that_was_left_alone_is_gone(
    client: httpx.AsyncClient, service: Service, catalog: FakeCatalog
) -> None:
    url = await begin(client, 10)
    await add(client, url, 0, b"012")
    service.clock.advance(86_400)
    for answer in (
        await client.head(url, headers=TUS),
        await add(client, url, 3, b"3"),
        await client.delete(url, headers=TUS),
    ):
        assert answer.status_code == 410
    assert (await add(client, url, 3, b"3")).json()["code"] == "upload_expired"
    assert (await client.get(UPLOADS)).json()["items"] == []


async def test_an_upload_that_is_ended_is_gone(client: httpx.AsyncClient, database: FakeDatabase) -> None:
    url = await begin(client, 10)
    await add(client, url, 0, b"012")
    assert (await client.delete(url, headers=TUS)).status_code == 204
    assert (await client.head(url, headers=TUS)).status_code == 404
    assert [row.state for row in database.blobs.values()] == ["condemned"]
    again = await client.delete(url, headers=TUS)
    assert (again.status_code, again.json()["code"]) == (404, "upload_not_found")


async def test_the_file_of_an_upload_that_is_ended_stays(client: httpx.AsyncClient) -> None:
    url = await begin(client, 3)
    answer = await add(client, url, 0, b"012")
    assert (await client.delete(url, headers=TUS)).status_code == 204
    assert (await stored(client, answer))[1] == b"012"


async def test_the_reaper_removes_an_expired_upload_and_forgets_it_a_day_later(
    client: httpx.AsyncClient, service: Service, catalog: FakeCatalog, blobs: FakeBlobStore
) -> None:
    url = await begin(client, 10)
    await add(client, url, 0, b"012")
    for expected in (410, 404):
        service.clock.advance(86_400)
        async for _ in reaper(catalog, blobs)():
            pass
        assert (await client.head(url, headers=TUS)).status_code == expected
        assert not catalog.database.blobs
        assert not blobs.pieces
