"""`fileport fsck` on a real stack: what it finds, repairs and refuses, and that it disturbs nobody."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import asyncpg
import httpx
import pytest

from domain.blobs.model import new_blob_key
from tests.integration.service.conftest import HASTE
from tests.support.parts.stacks import EmbeddedStack, Stack
from tests.support.processes.fsck import fsck
from tests.support.processes.server import FILEPORT, Server, server_environ, serving, start

FILES = "/v1/buckets/default/files"
MEBIBYTE = 1024 * 1024
# Of so many sound blobs, one orphan is no large share.
SOUND = 30


@asynccontextmanager
async def filled(stack: Stack) -> AsyncIterator[Server]:
    """Run a server on the stack with some files in it. Its reaper does what it has to as soon as it may."""
    async with serving({**stack.environ, **HASTE}) as server, server.client() as client:
        async with anyio.create_task_group() as uploads:
            for number in range(SOUND):
                uploads.start_soon(upload, client, f"sound/{number}")
        yield server


async def upload(client: httpx.AsyncClient, name: str, content: bytes = b"0123456789") -> None:
    assert (await client.put(f"{FILES}/{name}", content=content)).is_success


async def blob_of(stack: Stack, client: httpx.AsyncClient, name: str) -> str:
    """Upload a file, and return the key of its blob."""
    before = await stack.blobs()
    await upload(client, name)
    (key,) = await stack.blobs() - before
    return key


async def execute(stack: Stack, sql: str, *values: object) -> None:
    connection = await asyncpg.connect(stack.database_url())
    await connection.execute(sql, *values)
    await connection.close()


async def test_a_sound_stack_is_clean_while_its_server_runs_and_when_it_does_not(own_stack: Stack) -> None:
    async with filled(own_stack) as server, server.client() as client:
        await upload(client, "large", random.Random(0).randbytes(9 * MEBIBYTE))
        running = await fsck(own_stack.environ, "--json")
        assert (running.status, running.errors) == (0, "")
        assert (await client.get(f"{FILES}/large")).is_success
    for flags in ((), ("--deep", "--repair", "--force")):
        stopped = await fsck(own_stack.environ, *flags, "--json")
        assert (stopped.status, stopped.errors) == (0, "")
        assert stopped.report["clean"]
        assert stopped.report["findings"] == []
        assert stopped.report["checked"]["live"] == stopped.report["checked"]["stored"] == SOUND + 1
        assert stopped.report["checked"]["stored_bytes"] == 10 * SOUND + 9 * MEBIBYTE
        assert stopped.report["checked"]["read"] == (SOUND + 1 if "--deep" in flags else 0)
    told = await fsck(own_stack.environ)
    assert told.status == 0
    assert told.output.endswith("Clean.\n")
    # It left everything as it was.
    async with serving(own_stack.environ) as server, server.client() as client:
        assert (await client.get(f"{FILES}/large")).is_success


async def test_inline_bytes_that_are_damaged_are_found(own_stack: Stack) -> None:
    environ = {**own_stack.environ, "FILEPORT_INLINE_BYTES": "4096"}
    async with serving(environ) as server, server.client() as client:
        for name in ("sound", "damaged"):
            await upload(client, name)
        assert await own_stack.blobs() == set()
        assert (await fsck(environ, "--deep")).status == 0
        await execute(
            own_stack,
            "UPDATE blobs SET content = 'x' || substr(content, 2) WHERE key = "
            "(SELECT blob_key FROM files WHERE name = 'damaged')",
        )
        assert (await fsck(environ)).status == 0
        found = await fsck(environ, "--deep", "--json")
        assert (found.status, [kind for kind, _ in found.found]) == (1, ["corrupt"])


async def test_every_damage_is_found_and_repaired_where_it_can_be(own_stack: Stack) -> None:
    async with filled(own_stack) as server, server.client() as client:
        names = ("missing", "wrong_size", "corrupt", "stray_write", "wrong_file_count")
        keys = {name: await blob_of(own_stack, client, name) for name in names}
        orphan, forgotten = new_blob_key(), new_blob_key()
        await own_stack.remove(keys["missing"])
        await own_stack.truncate(keys["wrong_size"])
        await own_stack.overwrite(keys["corrupt"], b"987654321x")
        await own_stack.leave_unfinished(keys["stray_write"])
        await own_stack.leave_unfinished(forgotten)
        await own_stack.overwrite(orphan, b"orphan")
        await execute(own_stack, "UPDATE blobs SET file_count = 2 WHERE key = $1", keys["wrong_file_count"])
        await execute(own_stack, "INSERT INTO bucket_usage VALUES ('default', 99, 1, 1)")
        lasting = {("missing", keys["missing"]), ("wrong_size", keys["wrong_size"])}
        repaired = {
            ("orphan", orphan),
            ("stray_write", keys["stray_write"]),
            ("stray_write", forgotten),
            ("wrong_file_count", keys["wrong_file_count"]),
            ("wrong_usage", "default"),
        }
        before = await own_stack.blobs()

        looked = await fsck(own_stack.environ, "--json")
        assert (looked.status, looked.found) == (1, lasting | repaired)
        assert not looked.report["clean"]
        assert looked.report["repaired"] is None
        lasting.add(("corrupt", keys["corrupt"]))
        assert (await fsck(own_stack.environ, "--json", "--deep")).found == lasting | repaired
        assert await own_stack.blobs() == before

        told = len(server.lines)
        mended = await fsck({**own_stack.environ, **HASTE}, "--json", "--deep", "--repair")
        assert (mended.status, mended.found) == (1, lasting | repaired)
        assert mended.report["repaired"] == {
            "condemned": 1,
            "aborted": 2,
            "recounted_blobs": 1,
            "recounted_buckets": 1,
            "released": 0,
        }
        # The grace is none here, so the reaper removes the orphan at once.
        await server.line(lambda line: line.get("removed", 0) > 0, after=told)
        again = await fsck(own_stack.environ, "--json", "--deep")
        assert (again.status, again.found) == (1, lasting)
        assert await own_stack.blobs() == before - {orphan, forgotten}

        said = await fsck(own_stack.environ, "--deep", "--repair")
        assert said.status == 1
        for kind, subject in lasting:
            assert f"{kind} " in said.output
            assert subject in said.output
        assert "Cannot be repaired: 3." in said.output


async def test_a_repair_that_would_condemn_too_much_is_refused_unless_it_is_forced(own_stack: Stack) -> None:
    async with filled(own_stack):
        orphans = {new_blob_key() for _ in range(SOUND)}
        stray = new_blob_key()
        for key in orphans:
            await own_stack.overwrite(key, b"x")
        await own_stack.leave_unfinished(stray)
        before = await own_stack.blobs()

        refused = await fsck(own_stack.environ, "--json", "--repair")
        assert refused.status == 2
        assert refused.errors.startswith(f"fileport: {SOUND} of {2 * SOUND} stored blobs")
        assert refused.errors.count("\n") == 1
        assert refused.report["repaired"] is None
        assert refused.report["refused"] in refused.errors
        assert await own_stack.blobs() == before
        assert (await fsck(own_stack.environ, "--json")).found == refused.found

        forced = await fsck(own_stack.environ, "--json", "--repair", "--force")
        assert (forced.status, forced.found) == (1, refused.found)
        assert forced.report["repaired"]["condemned"] == SOUND
        assert (await fsck(own_stack.environ)).status == 0


async def test_nothing_is_found_while_files_come_and_go(own_stack: Stack) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield random.randbytes(MEBIBYTE)

    async def come_and_go(client: httpx.AsyncClient, number: int) -> None:
        while True:
            await upload(client, f"{number}/small")
            large = await client.put(f"{FILES}/{number}/large", content=slowly())
            assert large.is_success
            copy = await client.post(f"/v1/files/{large.json()['id']}/copy", json={"name": f"{number}/copy"})
            assert copy.is_success
            for each in (large, copy):
                assert (await client.delete(f"/v1/files/{each.json()['id']}")).is_success

    sweeping = {"FILEPORT_SWEEP_INTERVAL": "0.05"}
    async with (
        serving({**own_stack.environ, **HASTE, **sweeping}) as server,
        server.client() as client,
        anyio.create_task_group() as tasks,
    ):
        for number in range(4):
            tasks.start_soon(come_and_go, client, number)
        checks = [await fsck(own_stack.environ, "--deep", "--repair", "--json") for _ in range(3)]
        tasks.cancel_scope.cancel()
    assert [(check.status, check.found) for check in checks] == [(0, set())] * 3
    assert not [line for line in server.lines if line["event"] == "swept"]


async def test_a_server_aborts_orphaned_uploads(own_stack: Stack) -> None:
    async with filled(own_stack) as server, server.client() as client:
        live = await blob_of(own_stack, client, "live")
    forgotten = new_blob_key()
    for key in (live, forgotten):
        await own_stack.leave_unfinished(key)
    async with serving(own_stack.environ) as server, server.client() as client:
        swept = await server.line(lambda line: line["event"] == "swept")
        assert (swept["aborted"], swept["refused"]) == (2, 0)
        assert 'fileport_swept_total{kind="aborted_writes"} 2.0' in (await client.get("/metrics")).text
        assert (await client.get(f"{FILES}/live")).content == b"0123456789"
    assert (await fsck(own_stack.environ)).status == 0


async def test_a_store_that_is_not_there_could_not_be_checked(own_stack: Stack) -> None:
    async with filled(own_stack):
        with own_stack.without_store() as environ:
            for flags in ((), ("--json", "--repair", "--force")):
                failed = await fsck(environ, *flags)
                assert (failed.status, failed.output) == (2, "")
                assert failed.errors.startswith("fileport: The blob store")
                assert failed.errors.count("\n") == 1
        assert (await fsck(own_stack.environ)).status == 0


async def test_tables_of_another_release_could_not_be_checked(own_stack: Stack) -> None:
    async with filled(own_stack):
        for version in ("0001", "9999"):
            await execute(own_stack, "UPDATE schema_version SET version = $1", version)
            failed = await fsck(own_stack.environ, "--repair")
            assert (failed.status, failed.output) == (2, "")
            assert failed.errors.startswith("fileport: The catalog's tables are ")


async def test_a_catalog_that_is_not_there_could_not_be_checked_and_is_not_made(own_stack: Stack) -> None:
    failed = await fsck(own_stack.environ)
    assert (failed.status, failed.output) == (2, "")
    assert failed.errors.count("\n") == 1
    server = await start(own_stack.environ)  # as on any new stack
    assert server.is_running
    await server.stop()


async def test_a_check_goes_on_where_a_killed_service_left_its_database(own_stack: Stack) -> None:
    server = await start({**own_stack.environ, **HASTE})
    async with server.client() as client:
        await upload(client, "kept")
        await server.kill()
    assert (await fsck(own_stack.environ, "--deep")).status == 0
    async with serving(own_stack.environ) as server, server.client() as client:
        assert (await client.get(f"{FILES}/kept")).is_success


async def test_a_person_at_a_terminal_sees_how_far_it_is(own_stack: Stack) -> None:
    if not isinstance(own_stack, EmbeddedStack):
        pytest.skip("One stack shows it.")
    async with filled(own_stack):
        terminal, end = os.openpty()
        process = await asyncio.create_subprocess_exec(
            *(FILEPORT, "fsck"),
            env=server_environ({**own_stack.environ, "TERM": "xterm"}),
            stdout=asyncio.subprocess.PIPE,
            stderr=end,
        )
        output, _ = await process.communicate()
        os.close(end)
        shown = os.read(terminal, 100_000)
        os.close(terminal)
    assert b"Checking" in shown
    assert b"100%" in shown
    assert output.endswith(b"Clean.\n")
