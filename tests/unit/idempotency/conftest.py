"""The file that keyed requests work on."""

import httpx
import pytest

from tests.unit.idempotency.keyed_sends import CONTENT, FILES


@pytest.fixture
async def original(client: httpx.AsyncClient) -> str:
    """The path of a file to copy."""
    answer = await client.put(f"{FILES}/original", content=CONTENT)
    return f"/v1/files/{answer.json()['id']}"
