"""Jobs over HTTP."""

import base64
from typing import Any
from uuid import uuid4

import anyio
import httpx
import pytest

from domain.jobs.model import Task
from tests.fakes.database import CATALOG_DOWN, FakeDatabase
from tests.fakes.jobs import FakeJobs

FILES = "/v1/buckets/default/files"
Json = dict[str, Any]


async def fill(client: httpx.AsyncClient, *names: str) -> None:
    for name in names:
        assert (await client.put(f"{FILES}/{name}", content=b"text")).status_code == 201


async def start(client: httpx.AsyncClient, **task: object) -> Json:
    answer = await client.post("/v1/jobs", json={"bucket": "default", **task})
    assert answer.status_code == 201, answer.text
    job: Json = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{job['id']}"
    return job


async def until_ended(client: httpx.AsyncClient, job: Json) -> Json:
    """Wait until the worker, which a job that is posted wakes, has done it."""
    with anyio.fail_after(60):
        while True:
            now: Json = (await client.get(f"/v1/jobs/{job['id']}")).json()
            if now["finished_at"] is not None:
                return now
            await anyio.lowlevel.checkpoint()


async def names(client: httpx.AsyncClient) -> list[str]:
    return [file["name"] for file in (await client.get("/v1/files", params={"sort": "name"})).json()["items"]]


async def test_a_prefix_is_deleted(client: httpx.AsyncClient) -> None:
    await fill(client, "a/1", "a/2", "b")
    job = await start(client, kind="delete", prefix="a/")
    assert job == {
        "id": job["id"],
        "kind": "delete",
        "bucket": "default",
        "prefix": "a/",
        "to": None,
        "state": "queued",
        "done": 0,
        "failed": 0,
        "problems": [],
        "created_at": job["created_at"],
        "updated_at": job["created_at"],
        "finished_at": None,
    }
    ended = await until_ended(client, job)
    assert (ended["state"], ended["done"], ended["failed"]) == ("done", 2, 0)
    assert await names(client) == ["b"]


async def test_a_prefix_is_moved_and_files_that_cannot_be_are_reported(client: httpx.AsyncClient) -> None:
    await client.put("/v1/buckets/archive", json={})
    await fill(client, "a/1", "a/2")
    taken = (await client.get("/v1/files", params={"name": "a/2"})).json()["items"][0]
    await client.put("/v1/buckets/archive/files/old/2", content=b"")
    job = await start(client, kind="move", prefix="a/", to={"bucket": "archive", "prefix": "old/"})
    assert job["to"] == {"bucket": "archive", "prefix": "old/"}
    ended = await until_ended(client, job)
    assert (ended["state"], ended["done"], ended["failed"]) == ("done", 1, 1)
    assert ended["problems"] == [{"name": "a/2", "id": taken["id"], "code": "name_taken"}]
    assert (await client.get("/v1/buckets/archive/files/old/1")).content == b"text"


@pytest.mark.parametrize(
    ("task", "status", "code"),
    [
        ({}, 400, "invalid_input"),
        ({"kind": "delete", "bucket": "default"}, 400, "invalid_input"),
        ({"kind": "delete", "bucket": "default", "prefix": None}, 400, "invalid_input"),
        ({"kind": "copy", "bucket": "default", "prefix": "a"}, 400, "invalid_input"),
        ({"kind": "delete", "bucket": "default", "prefix": "a", "x": 1}, 400, "invalid_input"),
        ({"kind": "delete", "bucket": "default", "prefix": "a", "to": {"prefix": "b"}}, 400, "invalid_input"),
        ({"kind": "move", "bucket": "default", "prefix": "a"}, 400, "invalid_input"),
        ({"kind": "move", "bucket": "default", "prefix": "a", "to": {}}, 400, "invalid_input"),
        ({"kind": "move", "bucket": "default", "prefix": "a", "to": {"prefix": "a"}}, 400, "invalid_input"),
        ({"kind": "delete", "bucket": "default", "prefix": "\0"}, 400, "invalid_name"),
        ({"kind": "delete", "bucket": "X", "prefix": "a"}, 400, "invalid_bucket"),
        ({"kind": "delete", "bucket": "nowhere", "prefix": "a"}, 404, "bucket_not_found"),
        (
            {"kind": "move", "bucket": "default", "prefix": "a", "to": {"bucket": "nowhere", "prefix": "a"}},
            404,
            "bucket_not_found",
        ),
    ],
)
async def test_a_job_that_cannot_be_is_refused(client: httpx.AsyncClient, task: Json, status: int, code: str) -> None:
    answer = await client.post("/v1/jobs", json=task)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get("/v1/jobs")).json()["items"] == []


async def test_jobs_are_listed_the_newest_first_a_page_at_a_time(client: httpx.AsyncClient) -> None:
    jobs = [await start(client, kind="delete", prefix=str(number)) for number in range(5)]
    listed: list[str] = []
    cursor: Json = {}
    while True:
        page = (await client.get("/v1/jobs", params={"limit": 2, **cursor})).json()
        assert page["limit"] == 2
        listed += [job["id"] for job in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert listed == [job["id"] for job in reversed(jobs)]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(b'{"created_at": "2026-01-01T00:00:00", "id": "%s"}' % str(uuid4()).encode()).decode(),
    ],
)
async def test_a_cursor_of_another_make_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/v1/jobs", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("limit", [0, 101])
async def test_a_page_has_a_sound_number_of_jobs(client: httpx.AsyncClient, limit: int) -> None:
    assert (await client.get("/v1/jobs", params={"limit": limit})).status_code == 400


async def test_an_ended_job_is_forgotten_when_it_is_deleted(client: httpx.AsyncClient) -> None:
    job = await until_ended(client, await start(client, kind="delete", prefix="a/"))
    forgotten = await client.delete(f"/v1/jobs/{job['id']}")
    assert (forgotten.status_code, forgotten.content) == (204, b"")
    for method in ("GET", "DELETE"):
        answer = await client.request(method, f"/v1/jobs/{job['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")


async def test_a_job_that_has_not_ended_is_cancelled_when_it_is_deleted(
    client: httpx.AsyncClient, jobs: FakeJobs
) -> None:
    await fill(client, "a/1")
    job = await jobs.create_job("root", Task(kind="delete", bucket="default", prefix="a/"))
    claim = await jobs.claim_job(lease=60)  # as another replica does
    assert (await client.get(f"/v1/jobs/{job.id}")).json()["state"] == "running"
    cancelled = await client.delete(f"/v1/jobs/{job.id}")
    assert cancelled.status_code == 200
    assert cancelled.json()["state"] == "cancelled"
    assert cancelled.json()["finished_at"] is not None
    assert (await client.get(f"/v1/jobs/{job.id}")).json() == cancelled.json()
    assert claim is not None
    assert await jobs.advance_job(claim, lease=60, limit=10) is None
    assert await names(client) == ["a/1"]


async def test_a_catalog_that_is_down_keeps_no_jobs(client: httpx.AsyncClient, database: FakeDatabase) -> None:
    database.fail_with = CATALOG_DOWN
    task = {"kind": "delete", "bucket": "default", "prefix": "a"}
    for answer in (
        await client.post("/v1/jobs", json=task),
        await client.get("/v1/jobs"),
        await client.get(f"/v1/jobs/{uuid4()}"),
        await client.delete(f"/v1/jobs/{uuid4()}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (503, "catalog_unavailable")
