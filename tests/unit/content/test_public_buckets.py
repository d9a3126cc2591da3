"""A public bucket's files are read by name without a key; all else is 401, and tells nobody what there is."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.clients import client_of
from tests.support.fake_service import Service

NAME = "dir/é.png"
# The request, not the bucket, decides about them.
OWN = {"date", "x-request-id"}


@pytest.fixture
async def nobody(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with client_of(service.app) as client:
        del client.headers["Authorization"]
        yield client


@pytest.fixture
async def ids(client: httpx.AsyncClient) -> dict[str, str]:
    """The file of each bucket, by the name of the bucket."""
    policies = {
        "open": {"public": True},
        "listed": {"public": True, "public_listing": True},
        "closed": {"public_listing": True},
    }
    found = {}
    for bucket, policy in policies.items():
        await client.put(f"/v1/buckets/{bucket}", json=policy)
        stored = await client.put(f"{path_of(bucket)}", content=b"0123456789", headers={"Content-Type": "image/png"})
        found[bucket] = stored.json()["id"]
    return found


def path_of(bucket: str, name: str = NAME) -> str:
    return f"/v1/buckets/{bucket}/files/{name}"


def shown(answer: httpx.Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return all that an answer shows."""
    return answer.status_code, [each for each in answer.headers.items() if each[0] not in OWN], answer.content


@pytest.mark.usefixtures("ids")
async def test_anybody_reads_by_name_with_ranges_and_conditions(
    client: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    for headers in (
        {},
        {"Range": "bytes=2-4"},
        {"Range": "bytes=0-1,5-6"},
        {"If-None-Match": "*"},
        {"If-Match": '"x"'},
        {"Range": "bytes=99-"},
    ):
        for method in ("GET", "HEAD"):
            for params in ({}, {"download": ""}):
                answers = [
                    await each.request(method, path_of("open"), headers=headers, params=params)
                    for each in (nobody, client)
                ]
                if "multipart" not in answers[0].headers.get("content-type", ""):
                    assert shown(answers[0]) == shown(answers[1])
                assert answers[0].status_code == answers[1].status_code
    assert (await nobody.get(path_of("open"))).content == b"0123456789"


@pytest.mark.parametrize(
    "credentials", ["Bearer wrong", "Bearer ", "Bearer é", "Basic Og==", "", "a-key-that-only-the-tests-know"]
)
@pytest.mark.usefixtures("ids")
async def test_wrong_credentials_are_never_taken_for_none(nobody: httpx.AsyncClient, credentials: str) -> None:
    headers = {b"Authorization": credentials.encode()}
    for url in (path_of("open"), path_of("closed"), path_of("nowhere"), "/v1/files?bucket=listed"):
        answer = await nobody.get(url, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_by_id_everything_needs_a_key(nobody: httpx.AsyncClient, ids: dict[str, str]) -> None:
    missing = "019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27"
    for end in ("", "/content", "/text"):
        answers = [await nobody.get(f"/v1/files/{id_}{end}") for id_ in (*ids.values(), missing)]
        assert {answer.status_code for answer in answers} == {401}
        assert len({str(shown(answer)) for answer in answers}) == 1


@pytest.mark.usefixtures("ids")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"If-None-Match": "*"},
        {"If-Match": "malformed"},
        {"Range": "bytes=99-"},
        {"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"},
        {"Origin": "https://app.example"},
    ],
)
async def test_nobody_can_tell_a_private_file_from_a_missing_one(
    nobody: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    paths = [path_of("closed"), path_of("closed", "missing"), path_of("nowhere"), path_of("open", "missing")]
    for method in ("GET", "HEAD"):
        for params in ({}, {"redirect": "true"}, {"download": "a/../b"}):
            answers = [await nobody.request(method, path, headers=headers, params=params) for path in paths]
            assert answers[0].status_code == 401
            assert answers[0].headers["www-authenticate"] == 'Bearer realm="fileport"'
            assert len({str(shown(answer)) for answer in answers}) == 1


@pytest.mark.usefixtures("ids")
async def test_nothing_is_written_without_a_key(client: httpx.AsyncClient, nobody: httpx.AsyncClient) -> None:
    for bucket in ("open", "listed", "closed", "nowhere"):
        for method in ("PUT", "DELETE", "PATCH"):
            answer = await nobody.request(method, path_of(bucket), content=b"x")
            assert answer.status_code == (405 if method == "PATCH" else 401)
        form = await nobody.post(f"/v1/buckets/{bucket}/files", files={"file": ("a", b"x")})
        assert form.status_code == 401
        assert (await nobody.get(f"/v1/buckets/{bucket}")).status_code == 401
    assert (await client.get(path_of("open"))).content == b"0123456789"


async def test_anybody_lists_where_the_bucket_says_so_and_nowhere_else(
    nobody: httpx.AsyncClient, ids: dict[str, str]
) -> None:
    listed = await nobody.get("/v1/files", params={"bucket": "listed", "total": "true", "prefix": "dir/"})
    assert [file["id"] for file in listed.json()["items"]] == [ids["listed"]]
    assert (listed.json()["total"], listed.headers["cache-control"]) == (1, "no-store")
    queries = [
        "",
        "?bucket=open",
        "?bucket=closed",
        "?bucket=nowhere",
        "?bucket=default",
        "?total=true",
        "?limit=x",
        "?x=%FF",
    ]
    answers = [await nobody.get(f"/v1/files{query}") for query in queries]
    assert {answer.status_code for answer in answers} == {401}
    assert len({str(shown(answer)) for answer in answers}) == 1


async def test_shared_caches_keep_what_anybody_gets_and_nothing_else(
    client: httpx.AsyncClient, nobody: httpx.AsyncClient, ids: dict[str, str]
) -> None:
    public = path_of("open")
    by_id = [f"/v1/files/{ids['open']}{end}" for end in ("/content", "")]
    for each in (nobody, client):
        assert (await each.get(public)).headers["cache-control"] == "public, no-cache"
    await client.put("/v1/buckets/open", json={"public": True, "cache_control": "public, max-age=60"})
    for each in (nobody, client):
        for headers in ({}, {"Range": "bytes=0-1"}, {"If-None-Match": "*"}):
            assert (await each.get(public, headers=headers)).headers["cache-control"] == "public, max-age=60"
    for url in by_id:
        assert (await client.get(url)).headers["cache-control"].startswith("private, ")
    await client.put("/v1/buckets/open", json={"cache_control": "public, max-age=60"})
    assert (await client.get(public)).headers["cache-control"] == "private, max-age=60"
    refused = await nobody.get(public)
    assert (refused.status_code, refused.headers["cache-control"]) == (401, "no-store")


@pytest.mark.usefixtures("ids")
async def test_pages_of_other_sites_show_what_anybody_may_read(
    client: httpx.AsyncClient, nobody: httpx.AsyncClient
) -> None:
    answer = await nobody.get(path_of("open"))
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert (await client.get(path_of("closed"))).headers["cross-origin-resource-policy"] == "same-origin"


async def test_a_bucket_that_turns_private_is_so_at_once(
    client: httpx.AsyncClient, nobody: httpx.AsyncClient, ids: dict[str, str]
) -> None:
    etag = (await nobody.get(path_of("listed"))).headers["etag"]
    await client.put("/v1/buckets/listed", json={"public_listing": True})
    fresh = await nobody.get(path_of("listed"), headers={"If-None-Match": etag})
    assert shown(fresh) == shown(await nobody.get(path_of("nowhere"), headers={"If-None-Match": etag}))
    assert shown(await nobody.get("/v1/files?bucket=listed")) == shown(await nobody.get("/v1/files?bucket=nowhere"))
    assert (await client.get(f"/v1/files/{ids['listed']}/content")).status_code == 200


@pytest.mark.usefixtures("ids")
async def test_a_redirect_to_the_bytes_is_for_anybody_who_may_read_them(nobody: httpx.AsyncClient) -> None:
    answer = await nobody.get(path_of("open"), params={"redirect": "true"})
    assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")


async def test_the_document_says_which_operations_need_no_key(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/schema/openapi.json")).json()["paths"]
    without_key = {
        (path, method)
        for path, item in paths.items()
        for method, operation in item.items()
        if method != "parameters" and {} in operation["security"]
    }
    assert without_key == {
        ("/v1/buckets/{bucket}/files/{name}", "get"),
        ("/v1/buckets/{bucket}/files/{name}", "head"),
        ("/v1/files", "get"),
        ("/v1/files", "head"),
    }
