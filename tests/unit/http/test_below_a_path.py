"""The service below a path of another host: every URL of its own keeps the path."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.support.clients import client_of
from tests.support.fake_service import Service, open_service
from tests.support.tus import TUS, UPLOADS

PUBLIC = {"FILEPORT_PUBLIC_URL": "https://files.example/storage"}
PROXY = {"FILEPORT_TRUSTED_PROXIES": "127.0.0.0/8"}
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "files.example", "X-Forwarded-Prefix": "/storage"}
Headers = Mapping[str, str]


ClientBelow = Callable[[Headers, Headers], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="module")
async def client_below() -> AsyncIterator[ClientBelow]:
    """Make a client that sends such headers, of a service with such settings."""
    async with AsyncExitStack() as running:
        services: dict[tuple[tuple[str, str], ...], Service] = {}

        @asynccontextmanager
        async def make(environ: Headers, headers: Headers) -> AsyncIterator[httpx.AsyncClient]:
            settings = tuple(environ.items())
            if settings not in services:
                services[settings] = await running.enter_async_context(open_service(environ=environ))
            await services[settings].reset()
            async with client_of(services[settings].app) as client:
                client.headers.update(headers)
                yield client

        yield make


async def locations(client: httpx.AsyncClient) -> list[str]:
    """Return where everything is that can be made, without the ids."""
    put = await client.put("/v1/buckets/default/files/a", content=b"x")
    file = f"/v1/files/{put.json()['id']}"
    direct = {"bucket": "default", "name": "b", "size": 1}
    form = {"file": ("c", b"x")}
    answers = [
        put,
        await client.post("/v1/buckets/default/files", files=form),
        await client.post(f"{file}/copy", json={"name": "d"}),
        await client.put("/v1/buckets/photos", json={}),
        await client.post("/v1/jobs", json={"kind": "delete", "bucket": "default", "prefix": "none/"}),
        await client.post("/v1/direct-uploads", json=direct),
        await client.post(UPLOADS, headers={**TUS, "Upload-Length": "1"}),
    ]
    assert [answer.status_code for answer in answers] == [201] * len(answers)
    return [answer.headers["location"].rpartition("/")[0] for answer in answers]


OWN = ("/v1/files",) * 3 + ("/v1/buckets", "/v1/jobs", "/v1/direct-uploads")


@pytest.mark.parametrize(("environ", "headers"), [(PUBLIC, {}), (PROXY, FORWARDED)], ids=["setting", "proxy"])
async def test_every_location_keeps_the_path(client_below: ClientBelow, environ: Headers, headers: Headers) -> None:
    async with client_below(environ, headers) as client:
        assert await locations(client) == [f"https://files.example/storage{path}" for path in (*OWN, UPLOADS)]


async def test_a_prefix_alone_leaves_scheme_and_host_to_the_client(client_below: ClientBelow) -> None:
    async with client_below(PROXY, {"X-Forwarded-Prefix": "/storage"}) as client:
        *others, tus = await locations(client)
    assert others == [f"/storage{path}" for path in OWN]
    assert tus == f"http://fileport.test/storage{UPLOADS}"


@pytest.mark.parametrize(
    ("environ", "headers"),
    [
        ({}, FORWARDED),
        ({"FILEPORT_TRUSTED_PROXIES": "10.0.0.0/8"}, FORWARDED),
        (PROXY, {"X-Forwarded-Prefix": "//evil"}),
    ],
    ids=["no proxy", "not from the proxy", "no path"],
)
async def test_what_cannot_be_trusted_is_ignored(client_below: ClientBelow, environ: Headers, headers: Headers) -> None:
    async with client_below(environ, headers) as client:
        *others, tus = await locations(client)
        document = (await client.get("/schema/openapi.json")).json()
    assert tuple(others) == OWN
    assert tus == f"http://fileport.test{UPLOADS}"
    assert document["servers"] == [{"url": "/"}]


@pytest.mark.parametrize(
    ("environ", "headers", "server"),
    [
        (PUBLIC, {}, "https://files.example/storage"),
        (PROXY, FORWARDED, "https://files.example/storage"),
        (PROXY, {"X-Forwarded-Prefix": "/storage"}, "/storage"),
        (PROXY, {}, "/"),
    ],
)
async def test_the_document_tells_where_the_service_is(
    client_below: ClientBelow, environ: Headers, headers: Headers, server: str
) -> None:
    async with client_below(environ, headers) as client:
        answer = await client.get("/schema/openapi.json")
        assert answer.json()["servers"] == [{"url": server}]
        again = await client.get("/schema/openapi.json", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304


async def test_the_page_finds_its_parts_below_any_path(client: httpx.AsyncClient) -> None:
    page = (await client.get("/schema")).text
    parts = [part for part in page.replace("'", '"').split('"') if part.startswith("schema/")]
    assert len(parts) == 3
    for part in parts:
        path = urlsplit(urljoin("https://files.example/storage/schema", part)).path
        assert path.startswith("/storage/schema/")
        assert (await client.get(path.removeprefix("/storage"))).status_code == 200
    script = (await client.get("/schema/schema.js")).text
    assert '"/schema' not in script
