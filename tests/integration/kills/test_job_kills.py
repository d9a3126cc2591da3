"""Jobs whose workers are killed: another goes on, does nothing twice and leaves nothing out."""

import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from random import Random
from typing import Any

import anyio
import httpx

from tests.harness.kills.accounts import usage
from tests.harness.kills.aftermath import Site
from tests.harness.kills.audit import check_audit
from tests.support.polling import pause
from tests.support.processes.fsck import fsck
from tests.support.processes.server import Server, serving, start

# Another worker goes on soon after one has died.
HASTE = {"FILEPORT_JOB_INTERVAL": "0.5", "FILEPORT_BLOB_GRACE": "0"}
# Far longer than any of these jobs takes.
ENDED_SECONDS = 120
BUCKET = "/v1/buckets/default"
COPIES = 1000

Json = dict[str, Any]

# One after the other: each goes on where the one before was killed, and most make a step before they are. Jobs are the
# database's alone, so not all of them are done beside S3, where a start takes twice as long.
MOVE_KILLS = [
    "job.step:after:1",
    "job.step.statements:after:2",
    "job.step.files:before:1",
    "job.step.files:after:3",
    "batch.operation:after:70",
    "job.step:before:2",
]
DELETE_KILLS = [
    "job.step:after:1",
    "job.step.files:after:1",
    "job.step.statements:after:2",
    "job.step:before:2",
]


async def test_a_move_whose_workers_die_anywhere_moves_each_file_once(site: Site) -> None:
    async with dying(site, MOVE_KILLS[0]) as server, server.client() as client:
        files = await fill(client, 1500)
        job = await post_job(client, kind="move", bucket="default", prefix="a/", to={"prefix": "a/b/"})
        await server.ended()
    for failpoint in MOVE_KILLS[1 :: 1 if site.store == "disk" else 3]:
        async with dying(site, failpoint) as server:
            await server.ended()
    async with serving({**site.environ, **HASTE}) as server, server.client() as client:
        ended = await until(client, job, has_ended)
        assert (ended["state"], ended["done"], ended["failed"]) == ("done", len(files), 0)
        await check_moved(client, files)
        await check_integrity(site)


async def test_a_delete_whose_workers_die_anywhere_deletes_its_files_and_nothing_else(site: Site) -> None:
    async with dying(site, DELETE_KILLS[0]) as server, server.client() as client:
        files = await fill(client, 2600)
        kept = await put(client, "b", "a")
        job = await post_job(client, kind="delete", bucket="default", prefix="a/")
        await server.ended()
    for failpoint in DELETE_KILLS[1 :: 1 if site.store == "disk" else 3]:
        async with dying(site, failpoint) as server:
            await server.ended()
    async with serving({**site.environ, **HASTE}) as server, server.client() as client:
        ended = await until(client, job, has_ended)
        assert (ended["state"], ended["done"], ended["failed"]) == ("done", len(files), 0)
        assert await listed(client) == kept
        await check_integrity(site)


async def test_of_two_replicas_that_are_killed_in_turn_the_other_goes_on(site: Site) -> None:
    random = Random(7)
    replicas = [await start({**site.environ, **HASTE}) for _ in range(2)]
    try:
        async with replicas[0].client() as client:
            files = await fill(client, 3000)
            job = await post_job(client, kind="move", bucket="default", prefix="a/", to={"prefix": "a/b/"})
        for turn in range(5):
            killed, other = turn % 2, 1 - turn % 2
            goal = len(files) * (turn + 1) // 7 + random.randrange(100)
            async with replicas[other].client() as client:
                await until(client, job, partial(has_done, goal))
            await replicas[killed].kill()
            replicas[killed] = await start({**site.environ, **HASTE})
        async with replicas[0].client() as client:
            ended = await until(client, job, has_ended)
            assert (ended["state"], ended["done"], ended["failed"]) == ("done", len(files), 0)
            await check_moved(client, files)

            # What is stored while the next job runs stays, whatever was there by that name.
            job = await post_job(client, kind="delete", bucket="default", prefix="a/")
            kept = await put(client, *random.sample([f"a/b/{number:05}" for number in range(3100)], 40))
            await replicas[1].kill()
            ended = await until(client, job, has_ended)
            assert ended["state"] == "done"
            assert await listed(client) == kept
            assert len(files) - len(kept) <= ended["done"] <= len(files)
            await check_integrity(site)
    finally:
        for replica in replicas:
            if replica.is_running:
                await replica.stop()


async def test_a_worker_that_is_stopped_leaves_its_job_to_the_next_at_once(site: Site) -> None:
    # Nobody could wait for the end of a claim here.
    patient = {**site.environ, **HASTE, "FILEPORT_JOB_INTERVAL": "3600"}
    async with serving(patient) as server, server.client() as client:
        files = await fill(client, 2000)
        job = await post_job(client, kind="move", bucket="default", prefix="a/", to={"prefix": "a/b/"})
        stopped_at = await until(client, job, partial(has_done, 100))
        assert await server.stop() == 0
    assert not has_ended(stopped_at)
    async with serving(patient) as server, server.client() as client:
        ended = await until(client, job, has_ended)
        assert (ended["state"], ended["done"], ended["failed"]) == ("done", len(files), 0)
        await check_moved(client, files)


@asynccontextmanager
async def dying(site: Site, failpoint: str) -> AsyncIterator[Server]:
    """Run a server that dies at the failpoint before the context ends."""
    server = await start({**site.environ, **HASTE}, failpoint=failpoint)
    try:
        with anyio.fail_after(ENDED_SECONDS):
            yield server
            assert await server.ended() == -signal.SIGKILL, server.output
    finally:
        with anyio.CancelScope(shield=True):
            if server.is_running:
                await server.kill()


async def fill(client: httpx.AsyncClient, count: int) -> Mapping[str, str]:
    """Make so many files below `a/`, which share their bytes, and return their names by id."""
    [original] = await put(client, "a/00000")
    names = [f"a/{number:05}" for number in range(1, count)]
    files = {original: "a/00000"}
    for first in range(0, len(names), COPIES):
        copies = [{"op": "copy", "id": original, "to": {"name": name}} for name in names[first : first + COPIES]]
        answer = await client.post("/v1/batch", json={"operations": copies})
        made = [result["file"] for result in answer.json()["results"]]
        files |= {file["id"]: file["name"] for file in made}
    return files


async def put(client: httpx.AsyncClient, *names: str) -> Mapping[str, str]:
    """Store files, and return their names by id."""
    answers = [await client.put(f"{BUCKET}/files/{name}", content=b"content") for name in names]
    return {answer.raise_for_status().json()["id"]: name for answer, name in zip(answers, names, strict=True)}


async def post_job(client: httpx.AsyncClient, **task: object) -> str:
    """Start a job, and return its path."""
    answer = await client.post("/v1/jobs", json=task)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def until(client: httpx.AsyncClient, job: str, is_so: Callable[[Json], bool]) -> Json:
    """Wait until the job is so, or has ended, and return it."""
    with anyio.fail_after(ENDED_SECONDS):
        while True:
            now: Json = (await client.get(job)).raise_for_status().json()
            if is_so(now) or has_ended(now):
                return now
            await pause()


def has_ended(job: Json) -> bool:
    return job["finished_at"] is not None


def has_done(count: int, job: Json) -> bool:
    return bool(job["done"] >= count)


async def listed(client: httpx.AsyncClient, revision: int | None = None) -> Mapping[str, str]:
    """Return the names of all files by id, which must all be at the revision, if one is given."""
    found: dict[str, str] = {}
    cursor: dict[str, str] = {}
    while True:
        page = (await client.get("/v1/files", params={"limit": "1000", **cursor})).raise_for_status().json()
        assert revision is None or {file["revision"] for file in page["items"]} <= {revision}
        found |= {file["id"]: file["name"] for file in page["items"]}
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


async def check_moved(client: httpx.AsyncClient, files: Mapping[str, str]) -> None:
    """Check that all files have moved, each once, and that there are no others."""
    expected = {id_: name.replace("a/", "a/b/") for id_, name in files.items()}
    assert await listed(client, revision=2) == expected
    assert await usage(client, "default") == (len(files), len(files) * len(b"content"))


async def check_integrity(site: Site) -> None:
    """Let `fileport fsck` compare all that is left."""
    checked = await fsck(site.environ, "--deep")
    assert checked.status == 0, checked
    await check_audit(site.database)
