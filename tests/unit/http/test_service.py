"""Rules of every request: authentication, the shape of errors, ids, health."""

import json

import httpx
import pytest
import structlog

from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.database import CATALOG_DOWN, FakeDatabase
from tests.support.clients import ROOT_KEY


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Basic {ROOT_KEY}",
        ROOT_KEY,
        f"Bearer {ROOT_KEY}x",
        "Bearer \xff",
    ],
)
async def test_nobody_calls_without_the_key(client: httpx.AsyncClient, authorization: str | None) -> None:
    headers = [] if authorization is None else [(b"authorization", authorization.encode("latin-1"))]
    client.headers.pop("authorization")
    for method, path in (("GET", "/v1/files"), ("PUT", "/v1/buckets/default/files/a"), ("DELETE", "/v1/buckets/a")):
        answer = await client.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_the_scheme_of_the_key_has_any_case(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/files", headers={"Authorization": f"bearer {ROOT_KEY}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/v1/nowhere", 404, "not_found"),
        ("GET", "/v1/files/not-a-uuid", 404, "not_found"),
        ("POST", "/v1/files", 405, "method_not_allowed"),
        ("GET", "/v1/buckets?limit=x", 400, "invalid_request"),
    ],
)
async def test_every_refusal_is_a_problem(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) == {"type", "title", "status", "detail", "code"}
    assert (answer.json()["status"], answer.json()["code"]) == (status, code)


async def test_a_wrong_method_is_told_the_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/files")
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


async def test_a_bug_is_a_500_that_says_nothing_of_it(client: httpx.AsyncClient, database: FakeDatabase) -> None:
    database.fail_with = RuntimeError("password=hunter2 at /srv/secret")
    with structlog.testing.capture_logs() as logs:
        answer = await client.get("/v1/files")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "hunter2" not in answer.text
    assert [line["event"] for line in logs] == ["request failed", "request"]


async def test_a_catalog_that_is_down_is_503_and_says_when_to_come_back(
    client: httpx.AsyncClient, database: FakeDatabase
) -> None:
    database.fail_with = CATALOG_DOWN
    answer = await client.get("/v1/files")
    assert (answer.status_code, answer.json()["code"]) == (503, "catalog_unavailable")
    assert answer.headers["retry-after"] == "2"


async def test_a_request_keeps_its_id_or_gets_one(client: httpx.AsyncClient) -> None:
    given = await client.get("/health/live", headers={"X-Request-Id": "trace-1.a_B"})
    assert given.headers["x-request-id"] == "trace-1.a_B"
    unfit = await client.get("/health/live", headers={"X-Request-Id": "two words"})
    made = await client.get("/nowhere")
    assert len({given.headers["x-request-id"], unfit.headers["x-request-id"], made.headers["x-request-id"]}) == 3


async def test_a_request_is_one_line_without_a_secret(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as logs:
        await client.put("/v1/buckets/default/files/a?token=hush", content=b"x", headers={"X-Request-Id": "r1"})
    (line,) = logs
    assert (line["event"], line["method"], line["status"]) == ("request", "PUT", 201)
    assert line["path"] == "/v1/buckets/default/files/a"
    assert line["sent"] > 0
    assert line["whole"]
    assert line["milliseconds"] >= 0
    assert ROOT_KEY not in json.dumps(line)
    assert "hush" not in json.dumps(line)


async def test_metrics_count_requests_by_route_and_not_by_name(client: httpx.AsyncClient) -> None:
    client.headers.pop("authorization")
    await client.get("/v1/files/01a1fbb5-4e86-72b2-97d2-883554c0939d")
    await client.get("/no/such/place")
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    counted = 'fileport_request_duration_seconds_count{method="GET",route="%s",status="%s"}'
    assert counted % ("/v1/files/{file_id}", 401) in answer.text
    assert counted % ("none", 404) in answer.text
    assert "01a1fbb5" not in answer.text


async def test_health_tells_which_store_fails(
    client: httpx.AsyncClient, database: FakeDatabase, blobs: FakeBlobStore
) -> None:
    client.headers.pop("authorization")
    assert (await client.get("/health/live")).json() == {"status": "ok"}
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ok", "catalog": "ok", "blob_store": "ok"})
    blobs.fail_with = BLOB_STORE_DOWN
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"status": "failing", "catalog": "ok", "blob_store": "failing"})
    database.fail_with = CATALOG_DOWN
    assert (await client.get("/health/ready")).json()["catalog"] == "failing"
    assert (await client.get("/health/live")).status_code == 200
