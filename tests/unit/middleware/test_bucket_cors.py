"""Pages use the files of a public bucket by its own CORS rules; a private one's answers are those of a missing one."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from tests.support.clients import client_of
from tests.support.fake_service import Service, open_service

APP, OTHER, GLOBAL = "https://app.example", "https://other.example", "https://global.example"
READING = {"allowed_origins": [APP], "allowed_methods": ["GET", "HEAD"], "exposed_headers": ["ETag", "Content-Range"]}
WRITING = {
    "allowed_origins": ["https://*.app.example"],
    "allowed_methods": ["PUT", "DELETE"],
    "allowed_headers": ["authorization", "content-*"],
    "max_age": 600,
}
FOR_ANY = {"allowed_origins": ["*"], "allowed_methods": ["GET"], "allowed_headers": ["*"]}


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Service]:
    async with open_service() as service:
        yield service


@pytest.fixture(scope="module")
async def page(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the root key, as a page may have one."""
    async with client_of(service.app) as client:
        await make_buckets(client)
        yield client


async def make_buckets(client: httpx.AsyncClient) -> None:
    for bucket, policy in {
        "open": {"public": True, "cors": [READING, WRITING]},
        "any": {"public": True, "public_listing": True, "cors": [FOR_ANY]},
        "plain": {"public": True},
        "closed": {"cors": [READING, WRITING, FOR_ANY]},
    }.items():
        await client.put(f"/v1/buckets/{bucket}", json=policy)
        await client.put(file_in(bucket), content=b"0123456789")


def file_in(bucket: str) -> str:
    return f"/v1/buckets/{bucket}/files/a"


async def preflight(
    client: httpx.AsyncClient, url: str, *, origin: str = APP, method: str = "GET", headers: str | None = None
) -> httpx.Response:
    """Ask as a browser does: without credentials, and with the headers in lower case and sorted."""
    asked = {"Access-Control-Request-Method": method, "Sec-Fetch-Mode": "cors"}
    if headers is not None:
        asked["Access-Control-Request-Headers"] = headers
    request = client.build_request("OPTIONS", url, headers={"Origin": origin, **asked})
    del request.headers["Authorization"]
    return await client.send(request)


def cors_of(answer: httpx.Response) -> dict[str, str]:
    names = [name for name in answer.headers if name.startswith("access-control-") or name == "vary"]
    return {name.removeprefix("access-control-"): answer.headers[name] for name in names}


def shown(answer: httpx.Response) -> tuple[int, Sequence[Any], bytes]:
    own = {"date", "x-request-id"}
    return answer.status_code, [each for each in answer.headers.items() if each[0] not in own], answer.content


async def test_a_preflight_is_answered_by_the_first_rule_that_allows_it(page: httpx.AsyncClient) -> None:
    read = await preflight(page, file_in("open"))
    assert (read.status_code, read.content, read.headers["cache-control"]) == (200, b"", "no-store")
    assert cors_of(read) == {"vary": "Origin", "allow-origin": APP, "allow-methods": "GET, HEAD"}
    written = await preflight(
        page,
        "/v1/buckets/open/files/dir/%C3%A9%2Fb",
        origin="https://a.app.example",
        method="PUT",
        headers="authorization,content-digest,content-type",
    )
    assert cors_of(written) == {
        "vary": "Origin",
        "allow-origin": "https://a.app.example",
        "allow-methods": "PUT, DELETE",
        "allow-headers": "authorization, content-digest, content-type",
        "max-age": "600",
    }
    anybody = await preflight(page, file_in("any"), origin="null", headers="range,x-anything")
    assert cors_of(anybody) == {
        "vary": "Origin",
        "allow-origin": "*",
        "allow-methods": "GET",
        "allow-headers": "range, x-anything",
    }


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        (OTHER, "GET", None),
        (f"{APP}.evil.example", "GET", None),
        (APP.upper(), "GET", None),
        ("null", "GET", None),
        (APP, "PUT", None),
        (APP, "get", None),
        (APP, "GET", "authorization"),
        ("https://a.app.example", "PUT", "authorization,x-other"),
        ("https://a.app.example", "PUT", "authorization,content-ty pe"),
    ],
)
async def test_what_no_rule_allows_is_answered_as_for_a_missing_bucket(
    page: httpx.AsyncClient, origin: str, method: str, headers: str | None
) -> None:
    answer = await preflight(page, file_in("open"), origin=origin, method=method, headers=headers)
    assert cors_of(answer) == {}
    missing = await preflight(page, file_in("nowhere"), origin=origin, method=method, headers=headers)
    assert shown(answer) == shown(missing)


@pytest.mark.parametrize("origins", ["", GLOBAL, "*"])
async def test_a_private_bucket_s_answers_are_those_of_a_missing_one(origins: str) -> None:
    async with (
        open_service(environ={"FILEPORT_ALLOWED_ORIGINS": origins}) as service,
        client_of(service.app) as page,
    ):
        await make_buckets(page)
        for origin in (APP, OTHER, GLOBAL, "null"):
            for method, headers in (("GET", None), ("PUT", "authorization,content-type"), ("DELETE", "authorization")):
                answers = [
                    await preflight(page, file_in(bucket), origin=origin, method=method, headers=headers)
                    for bucket in ("closed", "nowhere", "plain")
                ]
                assert len({str(shown(answer)) for answer in answers}) == 1
        del page.headers["Authorization"]
        for origin in (APP, GLOBAL):
            refused = [await page.get(file_in(bucket), headers={"Origin": origin}) for bucket in ("closed", "nowhere")]
            assert shown(refused[0]) == shown(refused[1])


async def test_a_page_reads_every_answer_of_a_public_bucket_that_a_rule_allows(page: httpx.AsyncClient) -> None:
    expected = {"vary": "Origin", "allow-origin": APP, "expose-headers": "ETag, Content-Range"}
    etag = (await page.head(file_in("open"))).headers["etag"]
    for headers, status in (
        ({}, 200),
        ({"Range": "bytes=1-2"}, 206),
        ({"If-None-Match": etag}, 304),
        ({"If-Match": '"x"'}, 412),
        ({"Range": "bytes=99-"}, 416),
        ({"Authorization": "Bearer wrong"}, 401),
    ):
        for method in ("GET", "HEAD"):
            answer = await page.request(method, file_in("open"), headers={"Origin": APP, **headers})
            if method == "GET":
                assert answer.status_code == status
            assert cors_of(answer) == expected
    gone = await page.get("/v1/buckets/open/files/missing", headers={"Origin": APP})
    assert (gone.status_code, cors_of(gone)) == (404, expected)


async def test_a_page_of_another_origin_or_method_reads_nothing(page: httpx.AsyncClient) -> None:
    for origin, method in ((OTHER, "GET"), (APP, "PUT"), ("null", "GET")):
        answer = await page.request(method, file_in("open"), headers={"Origin": origin}, content=b"0123456789")
        assert answer.is_success
        assert set(cors_of(answer)) <= {"vary"}


async def test_answers_that_a_cache_may_keep_say_that_they_depend_on_the_origin(page: httpx.AsyncClient) -> None:
    etag = (await page.head(file_in("open"))).headers["etag"]
    for origin in ({}, {"Origin": OTHER}, {"Origin": APP}):
        for headers in ({}, {"If-None-Match": etag}, {"Range": "bytes=0-1"}):
            answer = await page.get(file_in("open"), headers={**origin, **headers})
            assert answer.headers.get_list("vary") == ["Origin"]
    assert "vary" not in (await page.get(file_in("plain"))).headers
    assert "vary" not in (await page.get(file_in("closed"), headers={"Origin": APP})).headers


async def test_the_listing_of_a_public_bucket_is_one_of_its_paths(page: httpx.AsyncClient) -> None:
    url = "/v1/files?limit=1&bucket=any&total=true"
    assert cors_of(await preflight(page, url, headers="authorization"))["allow-origin"] == "*"
    del (request := page.build_request("GET", url, headers={"Origin": OTHER})).headers["Authorization"]
    listed = await page.send(request)
    assert (listed.status_code, listed.headers["access-control-allow-origin"]) == (200, "*")


async def test_other_paths_are_left_to_the_setting(page: httpx.AsyncClient) -> None:
    file = (await page.put(file_in("any"), content=b"0123456789")).json()
    for url in (
        "/v1/files",
        f"/v1/files/{file['id']}",
        f"/v1/files/{file['id']}/content",
        "/v1/buckets/any",
        "/v1/buckets",
        "/v1/buckets/any/filesystem",
        "/health/live?bucket=any",
    ):
        assert cors_of(await preflight(page, url)) == {}
        assert cors_of(await page.get(url, headers={"Origin": APP})) == {}


async def test_no_answer_allows_the_browser_s_own_credentials(page: httpx.AsyncClient) -> None:
    for answer in (
        await preflight(page, file_in("any")),
        await preflight(page, file_in("open")),
        await page.get(file_in("open"), headers={"Origin": APP}),
    ):
        assert "access-control-allow-origin" in answer.headers
        assert "access-control-allow-credentials" not in answer.headers


async def test_a_change_of_the_bucket_counts_at_once(page: httpx.AsyncClient) -> None:
    await page.put("/v1/buckets/turned", json={"public": True, "cors": [READING]})
    assert cors_of(await preflight(page, file_in("turned")))
    for policy in ({"cors": [READING]}, {"public": True}):
        await page.put("/v1/buckets/turned", json=policy)
        assert shown(await preflight(page, file_in("turned"))) == shown(await preflight(page, file_in("nowhere")))
    await page.put("/v1/buckets/turned", json={"public": True, "cors": [FOR_ANY]})
    assert cors_of(await preflight(page, file_in("turned")))["allow-origin"] == "*"
    await page.delete("/v1/buckets/turned")
    assert cors_of(await preflight(page, file_in("turned"))) == {}


async def test_the_rules_stand_beside_the_setting() -> None:
    async with (
        open_service(environ={"FILEPORT_ALLOWED_ORIGINS": f"{GLOBAL},{APP}"}) as service,
        client_of(service.app) as page,
    ):
        await make_buckets(page)
        # An origin of the setting may do as it may everywhere, whatever the rules say.
        everywhere = await preflight(page, file_in("nowhere"), method="PATCH", headers="authorization,x-mine")
        assert cors_of(everywhere)["allow-origin"] == APP
        assert shown(await preflight(page, file_in("open"), method="PATCH", headers="authorization,x-mine")) == shown(
            everywhere
        )
        read = await page.get(file_in("open"), headers={"Origin": APP})
        assert read.headers.get_list("access-control-allow-origin") == [APP]
        assert read.headers.get_list("vary") == ["Origin"]
        exposed = read.headers["access-control-expose-headers"].lower().split(", ")
        assert {"etag", "content-range", "x-request-id"} <= set(exposed)
        # Another one does what the rules allow.
        ruled = await preflight(page, file_in("open"), origin="https://a.app.example", method="PUT")
        assert cors_of(ruled)["allow-methods"] == "PUT, DELETE"
        stranger = await preflight(page, file_in("open"), origin=OTHER)
        assert shown(stranger) == shown(await preflight(page, file_in("nowhere"), origin=OTHER))
        assert cors_of(stranger) == {"vary": "Origin"}
