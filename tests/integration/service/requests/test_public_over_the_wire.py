"""Public buckets as browsers and strangers meet them, byte for byte, on real parts."""

import re
from collections.abc import Sequence

import httpx
import pytest

from tests.support.clients import ROOT_KEY
from tests.support.processes.server import Server
from tests.support.raw_client import RawClient

APP = "https://app.example"
CORS = [
    {"allowed_origins": [APP], "allowed_methods": ["GET", "HEAD"], "exposed_headers": ["ETag"], "max_age": 60},
    {"allowed_origins": ["https://*.app.example"], "allowed_methods": ["PUT"], "allowed_headers": ["*"]},
]
BODY = bytes(range(256)) * 8192
# The request decides about these alone.
OWN = re.compile(rb"(?im)^(?:date|x-request-id):[^\r\n]*\r\n")

CHROME = (
    "Connection: keep-alive",
    "Accept: */*",
    "Access-Control-Request-Method: {method}",
    "Access-Control-Request-Headers: {headers}",
    "Origin: {origin}",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Sec-Fetch-Mode: cors",
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Dest: empty",
    f"Referer: {APP}/",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-US,en;q=0.9",
)
FIREFOX = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Accept: */*",
    "Accept-Language: en-US,en;q=0.5",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Access-Control-Request-Method: {method}",
    "Access-Control-Request-Headers: {headers}",
    f"Referer: {APP}/",
    "Origin: {origin}",
    "Connection: keep-alive",
    "Sec-Fetch-Dest: empty",
    "Sec-Fetch-Mode: cors",
    "Sec-Fetch-Site: cross-site",
    "Priority: u=4",
)


@pytest.fixture
async def file(client: httpx.AsyncClient, files: str) -> str:
    """The path of a file in a bucket that is the test's own, and public."""
    path = f"{files}/dir/photo.jpg"
    await turn(client, path, public=True)
    stored = await client.put(path, content=BODY, headers={"Content-Type": "image/jpeg"})
    assert stored.status_code == 201
    return path


async def turn(client: httpx.AsyncClient, path: str, **policy: object) -> None:
    """Give the file's bucket a policy with the rules of these tests."""
    bucket = path.partition("/files/")[0]
    answer = await client.put(bucket, json={"cors": CORS, "cache_control": "public, max-age=60", **policy})
    assert answer.is_success


def missing(path: str) -> str:
    """Return the path of the same length in a bucket that does not exist."""
    return path.replace("/test-", "/none-")


async def said(server: Server, line: str, *headers: str) -> bytes:
    """Send a request without a key and return the whole answer, but for its date and id."""
    async with await RawClient.connect(server.url) as raw:
        await raw.send("\r\n".join([f"{line} HTTP/1.1", "Host: files.example", *headers, "", ""]).encode())
        await raw.send(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer, _, _ = OWN.sub(b"", await raw.take_all()).rpartition(b"HTTP/1.1 200")
        return answer


async def preflight(
    server: Server,
    path: str,
    lines: Sequence[str] = CHROME,
    *,
    origin: str = APP,
    method: str = "GET",
    headers: str = "",
) -> bytes:
    asked = (each.format(origin=origin, method=method, headers=headers) for each in lines)
    return await said(server, f"OPTIONS {path}", *(each for each in asked if not each.endswith(": ")))


@pytest.mark.parametrize("lines", [CHROME, FIREFOX])
async def test_a_browser_s_preflight_is_answered_by_the_bucket_s_rules(
    shared_server: Server, file: str, lines: Sequence[str]
) -> None:
    head = (await preflight(shared_server, file, lines)).lower()
    assert head.startswith(b"http/1.1 200 ")
    assert f"access-control-allow-origin: {APP}\r\n".encode() in head
    assert b"access-control-allow-methods: get, head\r\n" in head
    assert b"access-control-max-age: 60\r\n" in head
    assert b"vary: origin\r\n" in head
    assert b"credentials" not in head
    written = await preflight(
        shared_server,
        file,
        lines,
        origin="https://eu.app.example",
        method="PUT",
        headers="authorization,content-type,if-match",
    )
    assert b"access-control-allow-origin: https://eu.app.example\r\n" in written
    assert b"access-control-allow-headers: authorization, content-type, if-match\r\n" in written


@pytest.mark.parametrize("lines", [CHROME, FIREFOX])
async def test_nobody_tells_a_private_bucket_from_a_missing_one(
    client: httpx.AsyncClient, shared_server: Server, file: str, lines: Sequence[str]
) -> None:
    await turn(client, file, public=False, public_listing=True)
    private, absent = [
        [
            *[
                await preflight(shared_server, path, lines, method=method, headers=headers)
                for method, headers in (("GET", ""), ("GET", "range"), ("PUT", "authorization,content-type"))
            ],
            *[
                await said(shared_server, f"{method} {path}", *headers)
                for method in ("GET", "HEAD", "DELETE")
                for headers in ((), (f"Origin: {APP}",), ("Range: bytes=0-1",), ("If-None-Match: *",))
            ],
            *[
                await said(shared_server, f"GET /v1/files?bucket={path.split('/')[3]}{more}", f"Origin: {APP}")
                for more in ("", "&total=true", "&prefix=dir/")
            ],
        ]
        for path in (file, missing(file))
    ]
    assert private == absent
    assert all(private)
    assert not [answer for answer in private if b"access-control" in answer]


async def test_a_stranger_reads_by_name_and_a_wrong_key_does_not(shared_server: Server, file: str) -> None:
    async with httpx.AsyncClient(base_url=shared_server.url) as nobody:
        whole = await nobody.get(file, headers={"Origin": APP})
        assert (whole.status_code, whole.content) == (200, BODY)
        assert whole.headers["cache-control"] == "public, max-age=60"
        assert whole.headers["access-control-allow-origin"] == APP
        assert whole.headers["access-control-expose-headers"] == "ETag"
        part = await nobody.get(file, headers={"Range": "bytes=1000-1009"})
        assert (part.status_code, part.content) == (206, BODY[1000:1010])
        fresh = await nobody.get(file, headers={"If-None-Match": whole.headers["etag"]})
        assert (fresh.status_code, fresh.headers["cache-control"]) == (304, "public, max-age=60")
        for wrong in (f"Bearer {ROOT_KEY}x", "Bearer", "Basic eDp5"):
            refused = await nobody.get(file, headers={"Authorization": wrong})
            assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")


async def test_a_bucket_that_turns_private_says_so_at_once(
    client: httpx.AsyncClient, shared_server: Server, file: str
) -> None:
    async with httpx.AsyncClient(base_url=shared_server.url, headers={"Origin": APP}) as nobody:
        etag = (await nobody.get(file)).headers["etag"]
        assert b"access-control-allow-origin" in await preflight(shared_server, file)
        await turn(client, file, public=False)
        for headers in ({}, {"If-None-Match": etag}):
            assert (await nobody.get(file, headers=headers)).status_code == 401
        assert await preflight(shared_server, file) == await preflight(shared_server, missing(file))
        kept = await client.get(file, headers={"Origin": APP})
        assert (kept.status_code, kept.headers["cache-control"]) == (200, "private, max-age=60")
        assert "access-control-allow-origin" not in kept.headers


async def test_a_stranger_reads_a_public_listing_page_by_page(
    client: httpx.AsyncClient, shared_server: Server, file: str
) -> None:
    await turn(client, file, public=True, public_listing=True)
    path, bucket = file.rpartition("/")[0], file.split("/")[3]
    for number in range(4):
        await client.put(f"{path}/{number}", content=b"x")
    async with httpx.AsyncClient(base_url=shared_server.url) as nobody:
        names, params = [], {"bucket": bucket, "limit": "2", "sort": "name", "total": "true"}
        while True:
            answer = await nobody.get("/v1/files", params=params)
            page = answer.json()
            names += [each["name"] for each in page["items"]]
            assert (answer.headers["cache-control"], page["total"]) == ("no-store", 5)
            if page["next"] is None:
                break
            params["cursor"] = page["next"]
    assert names == ["dir/0", "dir/1", "dir/2", "dir/3", "dir/photo.jpg"]
