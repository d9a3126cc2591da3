"""Pages of other origins call the API where they are allowed to, and read what they need."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.clients import client_of
from tests.support.fake_service import open_service
from tests.support.tus import TUS, UPLOADS

PAGE = {"Origin": "https://app.example"}
STRANGER = {"Origin": "https://evil.example"}
PREFLIGHT = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,upload-offset"}


@pytest.fixture(scope="module")
async def allowing() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that allows one origin."""
    async with (
        open_service(environ={"FILEPORT_ALLOWED_ORIGINS": "https://app.example"}) as service,
        client_of(service.app) as client,
    ):
        yield client


async def test_a_page_may_ask_before_it_calls_without_a_key(allowing: httpx.AsyncClient) -> None:
    for path in (UPLOADS, f"{UPLOADS}/019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27", "/v1/files"):
        answer = await allowing.options(path, headers={**PAGE, **PREFLIGHT, "Authorization": ""})
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["access-control-allow-origin"] == PAGE["Origin"]
        assert answer.headers["vary"] == "Origin"
        assert "PATCH" in answer.headers["access-control-allow-methods"].split(", ")
        headers = answer.headers["access-control-allow-headers"].lower().split(", ")
        assert {"authorization", "tus-resumable", "upload-offset", "x-http-method-override"} <= set(headers)
        assert answer.headers["access-control-max-age"] == "7200"


async def asked_headers(client: httpx.AsyncClient, asked: str) -> set[str]:
    """Return the headers that a page may send, of those that it asks for."""
    answer = await client.options(
        "/v1/files", headers={**PAGE, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": asked}
    )
    allowed = answer.headers["access-control-allow-headers"].lower().split(", ")
    assert len(allowed) == len(set(allowed))
    return {each.strip().lower() for each in asked.split(",")} & set(allowed)


async def test_a_page_may_send_what_it_asks_for(allowing: httpx.AsyncClient) -> None:
    tracing = "traceparent,tracestate,baggage,sentry-trace,x-datadog-trace-id"
    for asked in (tracing, "Cache-Control, Pragma, X-Mine,x-mine", "authorization,b3"):
        assert await asked_headers(allowing, asked) == {each.strip().lower() for each in asked.split(",")}


async def test_a_page_may_not_send_what_is_the_browser_s_or_a_proxy_s(allowing: httpx.AsyncClient) -> None:
    for asked in (
        "cookie,host,origin,content-length,te,via,dnt,set-cookie,accept-encoding,referer,access-control-request-method",
        "sec-fetch-site,proxy-authorization,x-forwarded-for,forwarded,transfer-encoding,connection",
        "x y,(x),,a;b",
    ):
        assert not await asked_headers(allowing, asked)


async def test_a_page_may_read_the_headers_of_tus_in_every_response(allowing: httpx.AsyncClient) -> None:
    begun = await allowing.post(UPLOADS, headers={**TUS, **PAGE, "Upload-Length": "1"})
    refused = await allowing.post(UPLOADS, headers={**TUS, **PAGE, "Authorization": "Bearer wrong"})
    able = await allowing.options(UPLOADS, headers=PAGE)
    assert (begun.status_code, refused.status_code) == (201, 401)
    assert able.headers["tus-version"] == "1.0.0"
    for answer in (begun, refused, able):
        assert answer.headers["access-control-allow-origin"] == PAGE["Origin"]
        assert answer.headers["vary"] == "Origin"
        shown = set(answer.headers["access-control-expose-headers"].lower().split(", "))
        assert {"location", "upload-offset", "upload-length", "tus-resumable", "fileport-file-id", "etag"} <= shown


async def test_a_page_of_another_origin_is_told_nothing(allowing: httpx.AsyncClient) -> None:
    answers = [
        await allowing.options(UPLOADS, headers={**STRANGER, **PREFLIGHT}),
        await allowing.get("/v1/files", headers=STRANGER),
        await allowing.get("/v1/files"),
    ]
    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["vary"] == "Origin"


async def test_the_browser_s_own_credentials_are_never_allowed(allowing: httpx.AsyncClient) -> None:
    for answer in (await allowing.options(UPLOADS, headers={**PAGE, **PREFLIGHT}), await allowing.get("/v1/files")):
        assert "access-control-allow-credentials" not in answer.headers


async def test_metrics_and_health_are_for_no_page(allowing: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/health/ready", "/metrics"):
        answer = await allowing.get(path, headers=PAGE)
        assert not [name for name in answer.headers if name.startswith("access-control") or name == "vary"]


async def test_a_page_may_read_every_other_answer(allowing: httpx.AsyncClient) -> None:
    for path, status in (("/v1", 404), ("/nowhere", 404), ("/schema/openapi.json", 200), ("/v1/buckets?limit=x", 400)):
        answer = await allowing.get(path, headers=PAGE)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == PAGE["Origin"]
        assert "X-Request-Id" in answer.headers["access-control-expose-headers"]


async def test_any_origin_may_be_allowed() -> None:
    async with (
        open_service(environ={"FILEPORT_ALLOWED_ORIGINS": "*"}) as service,
        client_of(service.app) as client,
    ):
        for answer in (
            await client.options(UPLOADS, headers={**STRANGER, **PREFLIGHT}),
            await client.get("/v1/files", headers=STRANGER),
        ):
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "vary" not in answer.headers


async def test_without_the_setting_no_page_may_call(client: httpx.AsyncClient) -> None:
    answers = [
        await client.options("/v1/files", headers={**PAGE, **PREFLIGHT}),
        await client.options(UPLOADS, headers={**PAGE, **PREFLIGHT}),
        await client.get("/v1/files", headers=PAGE),
    ]
    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("access-control") or name == "vary"]
