"""A client without a key."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.clients import client_of
from tests.support.documented import DocumentedProblems
from tests.support.fake_service import Service, lint


@pytest.fixture
async def stranger(
    client: httpx.AsyncClient, service: Service, documented: DocumentedProblems
) -> AsyncIterator[httpx.AsyncClient]:
    """A client that bears no key, and keeps no cookies."""
    async with client_of(service.app) as stranger:
        del stranger.headers["Authorization"]
        stranger.event_hooks = {"response": [lint, documented.check]}
        yield stranger
