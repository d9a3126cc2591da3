"""Forged tokens, against a real server that has its keys from a real provider."""

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.support.identity_provider import AUDIENCE, ISSUER, Provider, jwk, private_key, providing, token
from tests.support.parts.databases import make_short_dir
from tests.support.parts.stacks import EmbeddedStack
from tests.support.processes.server import Server, serving
from tests.support.token_forgeries import FORGERIES

EVERYTHING = [{"actions": ["admin"], "bucket": "*"}]


@pytest.fixture(scope="module")
async def provider() -> AsyncIterator[Provider]:
    async with providing() as provider:
        yield provider


@pytest.fixture(scope="module")
async def server(provider: Provider) -> AsyncIterator[Server]:
    """A server that trusts the provider."""
    data_dir = make_short_dir()
    environ = {
        **EmbeddedStack(data_dir).environ,
        "FILEPORT_JWT_ISSUER": ISSUER,
        "FILEPORT_JWT_AUDIENCE": AUDIENCE,
        "FILEPORT_JWT_JWKS_URL": provider.url,
    }
    async with serving(environ) as server:
        yield server
    shutil.rmtree(data_dir)


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


async def test_a_sound_token_is_let_in_to_what_its_scopes_have(server: Server) -> None:
    async with server.client(headers=bearer(token(fileport_scopes=EVERYTHING))) as client:
        assert (await client.put("/v1/buckets/default/files/a", content=b"a")).status_code == 201
    reads = [{"actions": ["read"], "bucket": "default", "prefix": "b/"}]
    async with server.client(headers=bearer(token(fileport_scopes=reads))) as client:
        assert (await client.get("/v1/buckets/default/files/a")).status_code == 404
        assert (await client.put("/v1/buckets/default/files/b/a", content=b"a")).status_code in {403, 404}


async def test_forged_tokens_are_refused_alike_and_change_nothing(server: Server) -> None:
    async with server.client() as root, server.client() as client:
        before = (await root.get("/v1/files")).json()
        bodies = set()
        for name, forge in FORGERIES.items():
            # A header holds no line breaks, and white space around a credential is none of it.
            if "\n" in (forged := forge()):
                continue
            client.headers["Authorization"] = f"Bearer {forged}"
            for method, path in (("GET", "/v1/files"), ("PUT", "/v1/buckets/default/files/forged")):
                answer = await client.request(method, path, content=b"x" if method == "PUT" else None)
                assert answer.status_code == 401, name
                bodies.add(answer.content)
        assert len(bodies) == 1
        assert (await root.get("/v1/files")).json() == before
    assert "Traceback" not in server.output


async def test_made_up_keys_do_not_flood_the_provider_and_its_outage_ends_no_service(
    server: Server, provider: Provider
) -> None:
    asked = provider.asked
    async with server.client() as client:
        for number in range(200):
            forged = token(key=private_key("another"), header={"kid": f"made-up-{number}"})
            assert (await client.get("/v1/files", headers=bearer(forged))).status_code == 401
        assert provider.asked <= asked + 1
        provider.status = 500
        fresh = bearer(token(sub="amid the outage", fileport_scopes=EVERYTHING))
        assert (await client.get("/v1/files", headers=fresh)).status_code == 200
        provider.status, provider.keys = 200, [jwk(private_key(), "first")]
