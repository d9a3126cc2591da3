"""Requests with tokens of the identity provider."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.clients import ROOT_KEY, client_of
from tests.support.fake_service import lint, open_service
from tests.support.identity_provider import AUDIENCE, ISSUER, pem, private_key, token

EVERYTHING = [{"actions": ["admin"], "bucket": "*"}]


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client without credentials of a service that trusts an identity provider."""
    environ = {
        "FILEPORT_JWT_ISSUER": ISSUER,
        "FILEPORT_JWT_AUDIENCE": AUDIENCE,
        "FILEPORT_JWT_PUBLIC_KEY": pem(private_key()),
    }
    async with open_service(environ=environ) as service, client_of(service.app) as client:
        del client.headers["Authorization"]
        client.event_hooks = {"response": [lint]}
        yield client


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


async def test_a_sound_token_calls(client: httpx.AsyncClient) -> None:
    headers = bearer(token(fileport_scopes=EVERYTHING))
    stored = await client.put("/v1/buckets/default/files/a.txt", content=b"hello", headers=headers)
    assert stored.status_code == 201
    read = await client.get("/v1/buckets/default/files/a.txt", headers=headers)
    assert (read.status_code, read.content) == (200, b"hello")


async def test_a_refused_token_is_401_as_a_wrong_key_is(client: httpx.AsyncClient) -> None:
    answers = [
        await client.get("/v1/files", headers=bearer(each))
        for each in ("wrong", token(aud="other"), token(key=private_key("another")))
    ]
    assert {each.status_code for each in answers} == {401}
    assert {each.content for each in answers} == {answers[0].content}
    assert answers[0].headers["www-authenticate"].startswith("Bearer")


async def test_the_root_key_goes_on_to_call(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/files", headers=bearer(ROOT_KEY))).status_code == 200


async def test_until_the_keys_of_the_provider_are_had_a_token_is_503() -> None:
    environ = {
        "FILEPORT_JWT_ISSUER": ISSUER,
        "FILEPORT_JWT_AUDIENCE": AUDIENCE,
        "FILEPORT_JWT_JWKS_URL": "http://127.0.0.1:1/jwks",
    }
    async with open_service(environ=environ) as service, client_of(service.app) as client:
        answer = await client.get("/v1/files", headers=bearer(token()))
        assert (answer.status_code, answer.json()["code"]) == (503, "identity_provider_unavailable")
        assert answer.headers["retry-after"] == "5"
        assert (await client.get("/v1/files", headers=bearer("wrong"))).status_code == 401
        assert (await client.get("/v1/files")).status_code == 200
