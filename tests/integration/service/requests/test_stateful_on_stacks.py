"""Any sequence of requests to a real server on real parts, against a plain model; see `tests.harness.stateful`."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import asyncpg
import httpx
import pytest
from anyio import from_thread, to_thread

from tests.harness.stateful.machine import ApiMachine, run
from tests.integration.service.conftest import HASTE
from tests.support.clients import ROOT_KEY
from tests.support.parts.stacks import Stack
from tests.support.polling import pause
from tests.support.processes.server import serving

# Far longer than the reaper takes.
REAPED_SECONDS = 60
RESERVED = "SELECT EXISTS (SELECT FROM blobs WHERE state = 'staged' AND reserved_bucket IS NOT NULL)"


class OnServer:
    """A server process, driven from a thread while the event loop reads its log."""

    is_clock_exact = False
    grace = 0.0

    def __init__(self, client: httpx.Client, stack: Stack) -> None:
        self._client = client
        self._stack = stack

    def reset(self) -> None:
        while files := self._client.get("/v1/files", params={"limit": 1000}).json()["items"]:
            for file in files:
                self._client.delete(f"/v1/files/{file['id']}")
        for bucket in self._client.get("/v1/buckets").json()["items"]:
            self._client.delete(f"/v1/buckets/{bucket['name']}")
        self._client.put("/v1/buckets/default", json={})

    def now(self) -> datetime:
        return datetime.now(UTC)

    def send(
        self, method: str, url: str, *, content: bytes | Sequence[bytes] | None = None, **parts: Any
    ) -> httpx.Response:
        body = content if content is None or isinstance(content, bytes) else iter(content)
        return self._client.request(method, url, content=body, **parts)

    def cut(self, url: str, *, headers: Mapping[str, str], content: bytes) -> None:
        def body() -> Iterator[bytes]:
            yield content
            raise _GoneError

        with pytest.raises(_GoneError):
            self._client.put(url, headers=headers, content=body())
        # The server has seen it when the upload holds no room of a quota any more; the model knows of none.
        from_thread.run(self._until_released)

    def check_blobs(self, blobs: int) -> None:
        from_thread.run(self._until_stored, blobs)

    async def _until_released(self) -> None:
        connection = await asyncpg.connect(self._stack.database_url())
        try:
            async with asyncio.timeout(REAPED_SECONDS):
                while await connection.fetchval(RESERVED):
                    await pause()
        finally:
            await connection.close()

    async def _until_stored(self, blobs: int) -> None:
        stored: set[str] = set()
        try:
            async with asyncio.timeout(REAPED_SECONDS):
                while len(stored := await self._stack.blobs()) + await self._count_inline() != blobs:
                    await pause()
        except TimeoutError:
            raise AssertionError(f"The store holds {sorted(stored)}, and not with inline ones {blobs} blobs.") from None

    async def _count_inline(self) -> int:
        connection = await asyncpg.connect(self._stack.database_url())
        try:
            count: int = await connection.fetchval("SELECT count(*) FROM blobs WHERE content IS NOT NULL")
        finally:
            await connection.close()
        return count


class _GoneError(Exception):
    """The client goes away."""


async def test_the_service_does_what_a_dictionary_would(own_stack: Stack) -> None:
    # Without a line for each of thousands of requests. Half of the bodies are small enough to be inline.
    environ = {**own_stack.environ, **HASTE, "FILEPORT_LOG_LEVEL": "warning", "FILEPORT_INLINE_BYTES": "10"}
    async with serving(environ) as server:
        headers = {"Authorization": f"Bearer {ROOT_KEY}"}
        with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
            await to_thread.run_sync(partial(run, ApiMachine, OnServer(client, own_stack), examples=12))
