"""What a service that was ended, kindly or not, leaves and finds again."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import httpx

from service.embedded import KEY_FILE
from tests.support.processes.server import serving, start

FILES = "/v1/buckets/default/files"


async def test_an_embedded_service_makes_its_key_drains_and_survives_a_kill(short_dir: Path) -> None:
    environ = {"FILEPORT_DATA_DIR": str(short_dir), "FILEPORT_ROOT_KEY": ""}
    content = random.Random(0).randbytes(3_000_000)
    going, stopping = anyio.Event(), anyio.Event()
    statuses: list[int] = []

    async def slowly() -> AsyncIterator[bytes]:
        yield content[:1_000_000]
        going.set()
        await stopping.wait()
        yield content[1_000_000:]

    async def upload(client: httpx.AsyncClient) -> None:
        statuses.append((await client.put(f"{FILES}/first", content=slowly())).status_code)

    # The first start makes a key, and says where it is but not what it is. SIGTERM lets a running upload finish.
    first = await start(environ)
    key = (short_dir / KEY_FILE).read_text().strip()
    bearer = {"Authorization": f"Bearer {key}"}
    assert str(short_dir / KEY_FILE) in first.output
    async with first.client(headers=bearer) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(upload, client)
        await going.wait()
        first.terminate()
        stopping.set()
    assert statuses == [201]
    assert await first.ended() == 0
    assert key not in first.output

    # A kill leaves the Postgres running; the next start finds it, and everything that was acknowledged.
    killed = await start(environ)
    async with killed.client(headers=bearer) as client:
        assert (await client.put(f"{FILES}/second", content=b"2")).status_code == 201
        await killed.kill()
    async with serving(environ) as server, server.client(headers=bearer) as client:
        assert (await client.get(f"{FILES}/first")).content == content
        assert (await client.get(f"{FILES}/second")).content == b"2"


async def test_a_download_that_runs_is_finished(short_dir: Path) -> None:
    # More than the connection between them can hold.
    content = random.Random(2).randbytes(64 * 1024**2)
    server = await start({"FILEPORT_DATA_DIR": str(short_dir)})
    async with server.client() as client:
        assert (await client.put(f"{FILES}/long", content=content)).is_success
        async with client.stream("GET", f"{FILES}/long") as answer:
            chunks = answer.aiter_bytes()
            received = await anext(chunks)
            server.terminate()
            await server.draining()
            received += b"".join([chunk async for chunk in chunks])
    assert received == content
    assert await server.ended() == 0


async def test_a_disk_that_is_not_mounted_stops_the_start_with_one_line(short_dir: Path) -> None:
    environ = {"FILEPORT_DATA_DIR": str(short_dir)}
    async with serving(environ) as server, server.client() as client:
        assert (await client.put(f"{FILES}/a", content=b"x")).is_success
    (short_dir / "blobs").rename(short_dir / "away")
    (short_dir / "blobs").mkdir()  # as a mount's place is without it
    server = await start(environ)
    assert await server.ended() == 1
    assert server.output == (
        "fileport: The blob store is empty, and the catalog has live blobs: is it the right one, and mounted?\n"
    )
    # Nothing was made there that would be in the way.
    (short_dir / "blobs").rmdir()
    (short_dir / "away").rename(short_dir / "blobs")
    async with serving(environ) as server, server.client() as client:
        assert (await client.get(f"{FILES}/a")).content == b"x"


async def test_a_database_that_does_not_answer_stops_the_start_with_one_line() -> None:
    server = await start({"FILEPORT_DATABASE_URL": "postgresql://u:hunter2@127.0.0.1:1/db"})
    assert await server.ended() == 1
    [line] = server.output.splitlines()
    assert line.startswith("fileport: The catalog does not answer. See FILEPORT_DATABASE_URL")


async def test_a_wrong_setting_stops_the_start_with_one_line() -> None:
    server = await start({"FILEPORT_WORKERS": "many"})
    assert await server.ended() == 1
    assert server.output == "fileport: FILEPORT_WORKERS is not a number.\n"
