"""Both stacks, each with a real server process."""

import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aioboto3
import httpx
import pytest

from tests.support.parts.containers import LocalStack
from tests.support.parts.databases import STACKS, make_short_dir
from tests.support.parts.stacks import EmbeddedStack, Stack, containers_stack
from tests.support.processes.server import Server, serving

# Rounds of the reaper follow each other closely, and nothing is kept for long: tests wait for its work.
HASTE = {"FILEPORT_REAPER_INTERVAL": "0.1", "FILEPORT_BLOB_GRACE": "0"}


@pytest.fixture(scope="package", params=STACKS)
async def stack(request: pytest.FixtureRequest) -> AsyncIterator[Stack]:
    async with open_stack(request) as stack:
        yield stack


@pytest.fixture(params=STACKS)
async def own_stack(request: pytest.FixtureRequest) -> AsyncIterator[Stack]:
    """A stack that is the test's own, with nothing in it, and no server yet."""
    async with open_stack(request) as stack:
        yield stack


@asynccontextmanager
async def open_stack(request: pytest.FixtureRequest) -> AsyncIterator[Stack]:
    """Make the stack that is the request's parameter."""
    if request.param == "embedded":
        data_dir = make_short_dir()
        yield EmbeddedStack(data_dir)
        shutil.rmtree(data_dir)
        return
    dsn: str = request.getfixturevalue("postgres_container")
    localstack: LocalStack = request.getfixturevalue("localstack")
    session: aioboto3.Session = request.getfixturevalue("aws_session")
    async with containers_stack(dsn, localstack, session) as stack:
        yield stack


@pytest.fixture(scope="package")
async def shared_server(stack: Stack) -> AsyncIterator[Server]:
    async with serving({**stack.environ, **HASTE}) as server:
        yield server


@pytest.fixture
async def client(shared_server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the stack's server."""
    async with shared_server.client() as client:
        yield client


@pytest.fixture
async def files(client: httpx.AsyncClient) -> str:
    """The path of the files of a bucket that is the test's own."""
    path = f"/v1/buckets/test-{secrets.token_hex(4)}"
    await client.put(path, json={})
    return f"{path}/files"
