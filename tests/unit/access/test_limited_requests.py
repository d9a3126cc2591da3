"""Requests of callers with limits, and of addresses that send wrong credentials."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from tests.support.clients import ROOT_KEY, client_of
from tests.support.fake_service import Service, lint, open_service
from tests.support.identity_provider import AUDIENCE, ISSUER, pem, private_key, token

EVERYTHING = [{"actions": ["admin"], "bucket": "*"}]
POLICY = '"default";q=3;w=1, "transfers";q=2;qu="concurrent-requests"'


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Service]:
    """A service whose callers may make three requests a second, and move two bodies at once."""
    environ = {
        "FILEPORT_JWT_ISSUER": ISSUER,
        "FILEPORT_JWT_AUDIENCE": AUDIENCE,
        "FILEPORT_JWT_PUBLIC_KEY": pem(private_key()),
        "FILEPORT_KEY_RATE": "3",
        "FILEPORT_KEY_TRANSFERS": "2",
        "FILEPORT_AUTH_FAILURES": "4",
        "FILEPORT_TRUSTED_PROXIES": "127.0.0.1",
    }
    async with open_service(environ=environ) as service:
        yield service


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a token of its own."""
    async with client_of(service.app) as client:
        client.headers["Authorization"] = f"Bearer {token(sub=str(uuid4()), fileport_scopes=EVERYTHING)}"
        client.event_hooks = {"response": [lint]}
        yield client


async def test_responses_tell_the_caller_how_it_stands(client: httpx.AsyncClient) -> None:
    answers = [await client.get("/v1/files") for _ in range(3)]
    assert [each.headers["ratelimit"] for each in answers] == [f'"default";r={left};t=1' for left in (2, 1, 0)]
    assert {each.headers["ratelimit-policy"] for each in answers} == {POLICY}


async def test_beyond_the_rate_requests_of_every_kind_are_429(service: Service, client: httpx.AsyncClient) -> None:
    for _ in range(3):
        assert (await client.get(f"/v1/files/{uuid4()}")).status_code == 404
    for method, path in (
        ("GET", "/v1/files"),
        ("PUT", "/v1/buckets/default/files/limited"),
        ("DELETE", "/v1/buckets/x"),
    ):
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
        assert answer.headers["retry-after"] == "1"
        assert answer.headers["ratelimit"] == '"default";r=0;t=1'
    service.clock.advance(1)
    assert (await client.get("/v1/buckets/default/files/limited")).status_code == 404, "nothing was stored"


async def test_the_root_key_has_no_limits(client: httpx.AsyncClient) -> None:
    client.headers["Authorization"] = f"Bearer {ROOT_KEY}"
    answers = [await client.get("/v1/files") for _ in range(10)]
    assert {each.status_code for each in answers} == {200}
    assert not any({"ratelimit", "ratelimit-policy"} & set(each.headers) for each in answers)


async def test_wrong_credentials_slow_down_the_client_not_its_proxy_nor_what_it_makes_up(
    client: httpx.AsyncClient,
) -> None:
    right = client.headers["Authorization"]

    async def send(authorization: str, forwarded: str) -> httpx.Response:
        return await client.get("/v1/files", headers={"Authorization": authorization, "X-Forwarded-For": forwarded})

    for number in range(4):
        assert (await send("Bearer wrong", f"203.0.113.{number}, 192.0.2.1")).status_code == 401
    answer = await send("Bearer wrong", "203.0.113.9, 192.0.2.1")
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_failed_authentications")
    assert answer.headers["retry-after"] == "15"
    assert (await send("Bearer wrong", "192.0.2.2")).status_code == 401
    assert (await send(right, "192.0.2.1")).status_code == 200


async def test_requests_without_credentials_count_as_no_failure(client: httpx.AsyncClient) -> None:
    del client.headers["Authorization"]
    client.headers["X-Forwarded-For"] = "192.0.2.3"
    answers = [await client.get("/v1/files") for _ in range(20)]
    assert {each.status_code for each in answers} == {401}


async def test_every_operation_that_needs_a_key_documents_its_limits(client: httpx.AsyncClient) -> None:
    document = (await client.get("/schema/openapi.json")).json()
    operations = [
        (path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters" and operation["security"]
    ]
    assert len(operations) > 30
    for path, operation in operations:
        refusal = operation["responses"]["429"]
        assert "Retry-After" in refusal["headers"], path
        if content := refusal.get("content"):  # HEAD has none
            codes = set(content["application/problem+json"]["examples"])
            assert {"rate_limited", "too_many_failed_authentications"} <= codes, path
        for response in operation["responses"].values():
            assert {"RateLimit", "RateLimit-Policy"} <= set(response["headers"]), path
