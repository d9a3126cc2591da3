"""Requests that meet at one upload."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import anyio
import httpx
from anyio.lowlevel import checkpoint
from msgspec.structs import replace

from tests.fakes.catalog import FakeCatalog
from tests.fakes.uploads import FakeUploadLocks
from tests.support.fake_service import Service
from tests.support.tus import TUS
from tests.unit.uploads.requests import add, begin, offset, stored

LEASE = 5.0


@asynccontextmanager
async def at_work(catalog: FakeCatalog, url: str) -> AsyncIterator[None]:
    """Hold the lock of the upload meanwhile, and refuse the requests that wait for it."""
    id_ = UUID(url.rpartition("/")[2])
    locked = await catalog.upload_locks.acquire_lock(id_, lease=LEASE, ttl=3600)
    assert locked is not None

    async def refuse() -> None:
        while True:
            if await catalog.upload_locks.is_release_requested(id_, locked.epoch):
                await catalog.upload_locks.renew_lock(id_, locked.epoch, lease=LEASE)
            await checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(refuse)
        yield
        tasks.cancel_scope.cancel()
    await catalog.upload_locks.release_lock(id_, locked.epoch)


async def test_a_client_that_would_disturb_another_is_refused_and_may_look(
    client: httpx.AsyncClient, catalog: FakeCatalog
) -> None:
    url = await begin(client, 10)
    await add(client, url, 0, b"012")
    async with at_work(catalog, url):
        for answer in (await add(client, url, 3, b"3456789"), await client.delete(url, headers=TUS)):
            assert (answer.status_code, answer.json()["code"]) == (423, "upload_locked")
        assert await offset(client, url) == 3
    assert (await stored(client, await add(client, url, 3, b"3456789")))[1] == b"0123456789"


async def test_the_offset_of_an_upload_that_is_being_finished_is_not_answered(
    client: httpx.AsyncClient, catalog: FakeCatalog
) -> None:
    url = await begin(client, 3)
    await add(client, url, 0, b"012")
    row = catalog.database.uploads[UUID(url.rpartition("/")[2])]
    finished = row.upload
    async with at_work(catalog, url):
        row.upload = replace(finished, is_finished=False, file_id=None)
        answer = await client.head(url, headers=TUS)
        assert answer.status_code == 423
        assert "upload-offset" not in answer.headers
        row.upload = finished


async def test_an_upload_whose_server_died_goes_on(
    client: httpx.AsyncClient, upload_locks: FakeUploadLocks, service: Service
) -> None:
    for asks_first in (True, False):
        url = await begin(client, 10)
        await add(client, url, 0, b"012")
        await upload_locks.acquire_lock(UUID(url.rpartition("/")[2]), lease=LEASE, ttl=3600)
        service.clock.advance(LEASE)
        if asks_first:
            assert await offset(client, url) == 3
        assert (await stored(client, await add(client, url, 3, b"3456789")))[1] == b"0123456789"
