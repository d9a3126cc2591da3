"""The service's own pool of connections, seen through HTTP: bounded, and bounded in how long a request waits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import asyncpg
import httpx
from dishka import Provider, Scope, provide

from domain.blobs.ports import BlobStore
from service.app import create_app
from service.container.container import make_container
from service.settings import read_settings
from tests.fakes.blobs.store import FakeBlobStore
from tests.support.clients import ROOT_KEY, SERVICE_SECRET, client_of, running

POOL_SIZE = 5
_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


class BlobsInMemory(Provider):
    """Swaps the blob store for the fake, so that only the database counts."""

    scope = Scope.APP

    @provide(override=True)
    def blob_store(self) -> BlobStore:
        return FakeBlobStore()


@asynccontextmanager
async def serving(database: str, *, pool_timeout: float) -> AsyncIterator[httpx.AsyncClient]:
    """Run the service on the database; its requests wait for a connection for `pool_timeout` seconds."""
    settings = read_settings(
        {
            "FILEPORT_DATABASE_URL": database,
            "FILEPORT_DATABASE_POOL_SIZE": str(POOL_SIZE),
            "FILEPORT_DATABASE_POOL_TIMEOUT": str(pool_timeout),
            "FILEPORT_REAPER_INTERVAL": "3600",
            "FILEPORT_ROOT_KEY": ROOT_KEY,
            "FILEPORT_SERVICE_SECRET": SERVICE_SECRET,
        }
    )
    app = create_app(make_container(settings, BlobsInMemory()), settings)
    async with running(app), client_of(app) as client:
        yield client


async def test_a_pool_of_5_serves_100_concurrent_requests(database: str) -> None:
    statuses: list[int] = []

    async def store(index: int) -> None:
        answer = await client.put(f"/v1/buckets/default/files/{index}", content=b"x")
        statuses.append(answer.status_code)

    async with serving(database, pool_timeout=60) as client:
        async with anyio.create_task_group() as tasks:
            for index in range(100):
                tasks.start_soon(store, index)
        assert statuses == [201] * 100
        assert (await client.get("/v1/buckets/default")).json()["usage"] == {"bytes": 100, "files": 100}


async def test_an_exhausted_pool_answers_503_and_recovers(database: str) -> None:
    refused: list[httpx.Response] = []
    served: list[httpx.Response] = []
    all_refused = anyio.Event()

    async def read() -> None:
        answer = await client.get("/v1/buckets/default")
        (served if answer.status_code == 200 else refused).append(answer)
        if len(refused) == 3:
            all_refused.set()

    async with serving(database, pool_timeout=2) as client:
        blocker = await asyncpg.connect(database)
        # On a busy machine the pool may take longer than that to make its connections.
        while await blocker.fetchval(_CONNECTIONS) < POOL_SIZE + 1:
            async with anyio.create_task_group() as tasks:
                for _ in range(4 * POOL_SIZE):
                    tasks.start_soon(client.get, "/v1/buckets/default")
        async with anyio.create_task_group() as tasks, blocker.transaction():
            await blocker.execute("LOCK TABLE buckets IN ACCESS EXCLUSIVE MODE")
            for _ in range(POOL_SIZE + 3):
                tasks.start_soon(read)
            # They are answered while the others still wait.
            await all_refused.wait()
            assert not served
        await blocker.close()
        assert len(served) == POOL_SIZE
        assert (await client.get("/v1/buckets/default")).status_code == 200
    assert {answer.status_code for answer in refused} == {503}
    assert {answer.json()["code"] for answer in refused} == {"catalog_busy"}
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
