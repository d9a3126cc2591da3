"""What SIGTERM does to requests that do not end: they are undone in time, and the server ends in order."""

import os
import signal
from pathlib import Path

import asyncpg

from adapters.embedded import EmbeddedPostgres
from tests.support.processes.server import start
from tests.support.raw_client import RawClient

FILES = "/v1/buckets/default/files"
MEBIBYTE = 1024 * 1024


async def blob_states(data_dir: Path) -> set[str]:
    """Return the states of all blobs in the catalog that a server has left."""
    with EmbeddedPostgres(data_dir) as database_url:
        connection = await asyncpg.connect(database_url)
        try:
            return {row["state"] for row in await connection.fetch("SELECT DISTINCT state FROM blobs")}
        finally:
            await connection.close()


async def test_an_upload_that_does_not_end_in_time_is_undone(short_dir: Path) -> None:
    server = await start({"FILEPORT_DATA_DIR": str(short_dir), "FILEPORT_SHUTDOWN_TIMEOUT": "1"})
    async with await RawClient.connect(server.url) as endless:
        await endless.say(f"PUT {FILES}/endless", f"Content-Length: {4 * MEBIBYTE}", "Expect: 100-continue")
        await endless.take()
        await endless.send(bytes(2 * MEBIBYTE))
        server.terminate()
        # What is sent again changes nothing.
        server.terminate()
        head, problem = await endless.problem()
    assert head.startswith(b"http/1.1 503")
    assert b"retry-after: 2" in head
    assert problem["code"] == "shutting_down"
    assert await server.ended() == 0
    assert "Traceback" not in server.output
    assert [path for path in (short_dir / "blobs").rglob("*") if path.is_file()] == []
    assert await blob_states(short_dir) == {"condemned"}


async def test_a_stalled_download_does_not_keep_a_server_from_its_end(short_dir: Path) -> None:
    server = await start({"FILEPORT_DATA_DIR": str(short_dir), "FILEPORT_SHUTDOWN_TIMEOUT": "1"})
    size = 64 * MEBIBYTE
    async with server.client() as client:
        assert (await client.put(f"{FILES}/large", content=bytes(size))).status_code == 201
    async with await RawClient.connect(server.url) as slow:
        await slow.say(f"GET {FILES}/large")
        await slow.take()
        server.terminate()
        assert await server.ended() == 0
        assert len(await slow.take_all()) < size
    assert "Traceback" not in server.output


async def test_a_worker_that_does_not_end_is_killed_and_the_status_tells(short_dir: Path) -> None:
    server = await start({"FILEPORT_DATA_DIR": str(short_dir), "FILEPORT_SHUTDOWN_TIMEOUT": "1"})
    os.kill(server.worker, signal.SIGSTOP)
    server.terminate()
    assert await server.ended() == 1
    assert [line["workers"] for line in server.lines if line["event"] == "workers killed"] == [1]
