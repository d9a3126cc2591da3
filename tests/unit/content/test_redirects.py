"""Readers that are redirected to the blob store for a file's bytes."""

import httpx
import pytest

from domain.blobs.errors import DirectAccessUnsupportedError
from tests.fakes.blobs.direct_access import FakeDirectAccess
from tests.support.fake_service import Service

BUCKET = "/v1/buckets/default"
FILE = f"{BUCKET}/files/dir/é.html"


@pytest.fixture
async def urls(client: httpx.AsyncClient) -> list[str]:
    """The ways to the bytes of one file, by name and by id."""
    file = (await client.put(FILE, content=b"0123456789", headers={"Content-Type": "text/html"})).json()
    return [FILE, f"/v1/files/{file['id']}/content"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_reader_is_sent_to_the_bytes_and_may_keep_no_redirect(
    client: httpx.AsyncClient, direct: FakeDirectAccess, urls: list[str], method: str
) -> None:
    for url in urls:
        plain = await client.request(method, url)
        answer = await client.request(method, url, params={"redirect": "true"})
        assert (answer.status_code, answer.content) == (307, b"")
        assert answer.headers["cache-control"] == "no-store"
        found = direct.send(method, answer.headers["location"])
        assert (found.status, found.content) == (200, plain.content)
        for name in ("content-type", "content-disposition", "cache-control", "content-length"):
            assert found.headers[name] == plain.headers[name]


async def test_the_store_gets_the_headers_that_the_bucket_and_the_reader_want(
    client: httpx.AsyncClient, direct: FakeDirectAccess, urls: list[str]
) -> None:
    await client.put(BUCKET, json={"cache_control": "public, max-age=60"})
    for url in urls:
        wanted = {"redirect": "1", "download": "other name.html"}
        found = direct.send("GET", (await client.get(url, params=wanted)).headers["location"])
        plain = await client.get(url, params={"download": "other name.html"})
        assert found.headers["content-disposition"] == plain.headers["content-disposition"]
        assert found.headers["cache-control"] == "private, max-age=60"


async def test_conditions_come_before_the_redirect(client: httpx.AsyncClient, urls: list[str]) -> None:
    for url in urls:
        etag = (await client.head(url)).headers["etag"]
        fresh = await client.get(url, params={"redirect": "true"}, headers={"If-None-Match": etag})
        assert (fresh.status_code, fresh.content) == (304, b"")
        assert set(fresh.headers) == {"etag", "cache-control", "date", "x-request-id"}
        other = await client.get(url, params={"redirect": "true"}, headers={"If-Match": '"x"'})
        assert (other.status_code, other.json()["code"]) == (412, "precondition_failed")


async def test_a_url_ends(client: httpx.AsyncClient, service: Service, urls: list[str]) -> None:
    location = (await client.get(urls[0], params={"redirect": "true"})).headers["location"]
    service.clock.advance(60)
    assert service.direct.send("GET", location).status == 403


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({"redirect": "true", "download": "a//b"}, 400, "invalid_name"),
        ({"redirect": "perhaps"}, 400, "invalid_request"),
    ],
)
async def test_an_invalid_request_is_refused(
    client: httpx.AsyncClient, urls: list[str], params: dict[str, str], status: int, code: str
) -> None:
    for url in urls:
        answer = await client.get(url, params=params)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_file_that_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{BUCKET}/files/nope", params={"redirect": "true"})
    assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")


async def test_a_store_without_a_way_in_is_a_conflict(
    client: httpx.AsyncClient, direct: FakeDirectAccess, urls: list[str]
) -> None:
    direct.fail_with = DirectAccessUnsupportedError("The bytes are kept on a disk.")
    for url in urls:
        answer = await client.get(url, params={"redirect": "true"})
        assert (answer.status_code, answer.json()["code"]) == (409, "direct_access_unsupported")
        assert (await client.get(url, params={"redirect": "false"})).status_code == 200
