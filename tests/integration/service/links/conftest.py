"""Two replicas, and people without a key."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.parts.stacks import Stack
from tests.support.processes.server import Server, serving

AT_ONCE = 50


@pytest.fixture
async def strangers(stack: Stack, shared_server: Server) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Clients without a key and without cookies, of two replicas."""
    environ = {**stack.environ, "FILEPORT_DATABASE_URL": stack.database_url()}
    limits = httpx.Limits(max_connections=AT_ONCE)
    async with (
        serving(environ) as replica,
        shared_server.client(headers={}, limits=limits) as one,
        replica.client(headers={}, limits=limits) as other,
    ):
        yield [one, other]
