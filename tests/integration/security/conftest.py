"""A server on each stack, with files that some callers may not see."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import httpx
import pytest

from tests.integration.security.probes import Document, Target
from tests.integration.service.conftest import open_stack
from tests.support.parts.databases import STACKS
from tests.support.parts.stacks import Stack
from tests.support.processes.server import Server, serving
from tests.support.tus import TUS

Scopes = list[dict[str, Any]]
MakeHidden = Callable[[], Awaitable[Target]]
ClientOf = Callable[[Scopes], Awaitable[httpx.AsyncClient]]
HIDDEN = b"a text that nobody else may read"


# What is shown and denied is decided above the stores; a few tests ask on both stacks, for their errors and SQL.
on_both_stacks = pytest.mark.parametrize("stack", STACKS, indirect=True)


@pytest.fixture(scope="package", params=["embedded"])
async def stack(request: pytest.FixtureRequest) -> AsyncIterator[Stack]:
    async with open_stack(request) as stack:
        yield stack


@pytest.fixture(scope="package")
async def server(stack: Stack) -> AsyncIterator[Server]:
    # Wrong credentials are many here, and come from one address.
    async with serving({**stack.environ, "FILEPORT_WORKERS": "1"}) as server:
        yield server


@pytest.fixture
async def root(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with server.client() as client:
        yield client


@pytest.fixture
async def client_of(server: Server, root: httpx.AsyncClient) -> AsyncIterator[ClientOf]:
    """Make a client that bears a new key of these scopes."""
    async with AsyncExitStack() as clients:

        async def make(scopes: Scopes) -> httpx.AsyncClient:
            answer = await root.post("/v1/keys", json={"name": "test", "scopes": scopes})
            assert answer.status_code == 201, answer.text
            headers = {"Authorization": f"Bearer {answer.json()['secret']}"}
            return await clients.enter_async_context(server.client(headers=headers))

        yield make


@pytest.fixture
async def nobody(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client without credentials."""
    async with server.client(headers={}) as client:
        yield client


@pytest.fixture
async def document(root: httpx.AsyncClient) -> Document:
    document: Document = (await root.get("/schema/openapi.json")).json()
    return document


@pytest.fixture
async def hidden(make_hidden: MakeHidden) -> Target:
    return await make_hidden()


@pytest.fixture
def make_hidden(root: httpx.AsyncClient) -> MakeHidden:
    """Make one thing of each kind, in a bucket of its own."""
    return partial(_make_hidden, root)


async def _make_hidden(root: httpx.AsyncClient) -> Target:
    bucket = f"hidden-{secrets.token_hex(4)}"
    await root.put(f"/v1/buckets/{bucket}", json={})
    name = "ab/hidden.txt"
    file = await root.put(f"/v1/buckets/{bucket}/files/{name}", content=HIDDEN)
    upload = await root.post("/v1/uploads", headers=TUS | upload_to(bucket, "ab/upload") | {"Upload-Length": "10"})
    job = await root.post("/v1/jobs", json={"kind": "delete", "bucket": bucket, "prefix": "none/"})
    direct = await root.post("/v1/direct-uploads", json={"bucket": bucket, "name": "ab/direct", "size": 5})
    link = await root.post(f"/v1/files/{file.json()['id']}/links", json={})
    key = await root.post("/v1/keys", json={"name": "k", "scopes": [{"actions": ["read"], "bucket": bucket}]})
    return Target(
        bucket=bucket,
        name=name,
        file_id=file.json()["id"],
        upload_id=upload.headers["location"].rpartition("/")[2],
        job_id=job.json()["id"],
        direct_upload_id=direct.json().get("id") or Target.missing_in("").direct_upload_id,
        key_id=key.json()["id"],
        link_id=link.json()["id"],
    )


def upload_to(bucket: str, name: str) -> dict[str, str]:
    """Return the header of an upload that becomes such a file."""
    return Target.missing_in(bucket, name=name).upload_metadata
