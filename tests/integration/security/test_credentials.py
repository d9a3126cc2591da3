"""Credentials that were good once, or are for something else."""

from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from tests.integration.security.probes import Document, Target, probes
from tests.support.parts.stacks import Stack

ADMIN = [{"actions": ["admin"], "bucket": "*"}]


async def ended_key(root: httpx.AsyncClient, stack: Stack, how: str) -> str:
    """Return the secret of a key that held for a moment."""
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    made = (await root.post("/v1/keys", json={"name": "k", "scopes": ADMIN, "expires_at": soon})).json()
    if how == "revoked":
        assert (await root.delete(f"/v1/keys/{made['id']}")).is_success
    elif how == "replaced":
        rotated = await root.post(f"/v1/keys/{made['id']}/rotate", json={"overlap_seconds": 0})
        assert rotated.status_code == 200, rotated.text
    else:
        connection = await asyncpg.connect(stack.database_url())
        await connection.execute("UPDATE keys SET expires_at = now() - interval '1 s' WHERE id = $1", made["id"])
        await connection.close()
    secret: str = made["secret"]
    return secret


@pytest.mark.parametrize("how", ["revoked", "expired", "replaced"])
async def test_a_key_that_has_ended_is_401_everywhere(
    root: httpx.AsyncClient, nobody: httpx.AsyncClient, stack: Stack, hidden: Target, document: Document, how: str
) -> None:
    nobody.headers["Authorization"] = f"Bearer {await ended_key(root, stack, how)}"
    for probe in probes(document):
        if not probe.is_open:
            answer = await probe.send(nobody, hidden)
            assert answer.status_code in {401, 429}, (str(probe), answer.text)


async def test_the_token_of_a_link_is_no_key(
    root: httpx.AsyncClient, nobody: httpx.AsyncClient, hidden: Target, document: Document
) -> None:
    made = await root.post(f"/v1/files/{hidden.file_id}/links", json={})
    nobody.headers["Authorization"] = f"Bearer {made.json()['token']}"
    for probe in probes(document):
        if not probe.is_open:
            assert (await probe.send(nobody, hidden)).status_code in {401, 429}, str(probe)


async def test_a_key_is_no_link(root: httpx.AsyncClient, nobody: httpx.AsyncClient) -> None:
    secret = (await root.post("/v1/keys", json={"name": "k", "scopes": ADMIN})).json()["secret"]
    for method in ("GET", "HEAD"):
        assert (await nobody.request(method, f"/s/{secret}")).status_code == 404
