"""What `docker stop`, and with it every rolling deploy, does to an upload that runs.

Of a download the engine may drop what its own proxy still holds when the container ends; that the service finishes it
is shown on a plain process.
"""

import asyncio
import random
from collections.abc import AsyncIterator

from tests.integration.container.conftest import Run

FILES = "/v1/buckets/default/files"
# More than the connections between client, engine and service can hold.
HALF = 32 * 1024**2
CONTENT = random.Random(2).randbytes(2 * HALF)


async def test_an_upload_that_runs_is_finished(run: Run, environ: dict[str, str]) -> None:
    running = run(environ)
    running.until_healthy()
    stopping: list[asyncio.Task[int]] = []

    async def body() -> AsyncIterator[bytes]:
        yield CONTENT[:HALF]
        stopping.append(asyncio.create_task(running.stop()))
        await running.until_draining()
        yield CONTENT[HALF:]

    async with running.client() as client:
        stored = await client.put(f"{FILES}/slow", content=body())
    assert stored.status_code == 201
    assert await stopping[0] == 0

    again = run(environ)
    again.until_healthy()
    async with again.client() as client:
        assert (await client.get(f"{FILES}/slow")).content == CONTENT
