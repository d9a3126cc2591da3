"""A job whose Postgres fails amid a step is done by the next worker, and no step twice."""

import asyncio
import secrets
from typing import Any

import pytest

from domain.batches.apply_batch import CHUNK
from tests.harness.fault_proxy import Effect, effects
from tests.integration.faults.site import RECOVERY_SECONDS, Site
from tests.support.polling import pause

RECORDING = "UPDATE jobs.*SET done"
FILES = 3 * CHUNK


async def fill(site: Site) -> str:
    """Make a bucket with files that share their bytes, and return its name."""
    bucket = f"test-{secrets.token_hex(4)}"
    await site.observer.put(f"/v1/buckets/{bucket}", json={})
    original = (await site.observer.put(f"/v1/buckets/{bucket}/files/a/000", content=b"x")).json()["id"]
    copies = [{"op": "copy", "id": original, "to": {"name": f"a/{number:03}"}} for number in range(1, FILES)]
    answer = await site.observer.post("/v1/batch", json={"operations": copies})
    assert {result["status"] for result in answer.json()["results"]} == {201}
    return bucket


async def ended(site: Site, path: str) -> dict[str, Any]:
    """Return the job once it has ended."""
    async with asyncio.timeout(RECOVERY_SECONDS):
        while True:
            job: dict[str, Any] = (await site.look(path)).json()
            if job["finished_at"] is not None:
                return job
            await pause()


@pytest.mark.parametrize(
    ("breaks", "step", "skip"),
    [
        # The first COMMIT is that of the request.
        (effects.lose_answer, "COMMIT", 1),
        (effects.lose_answer, "COMMIT", 2),
        (effects.cut_midway, "COMMIT", 2),
        (effects.lose_answer, RECORDING, 1),
        (effects.cut_midway, RECORDING, 2),
        (effects.lose_answer, "UPDATE files", CHUNK + 3),
    ],
)
async def test_a_step_whose_line_breaks_is_made_once(site: Site, breaks: Effect, step: str, skip: int) -> None:
    is_met = False
    while not is_met:  # the observer looks for jobs, too, and may have been quicker
        bucket = await fill(site)
        task = {"kind": "move", "bucket": bucket, "prefix": "a/", "to": {"prefix": "a/b/"}}
        with site.postgres.fault(breaks, step, times=1, skip=skip) as fault:
            answer = await site.client.post("/v1/jobs", json=task)
            job = await ended(site, answer.headers["location"])
        assert (job["state"], job["done"], job["failed"]) == ("done", FILES, 0)
        query = {"bucket": bucket, "limit": "1000", "sort": "name"}
        files = (await site.observer.get("/v1/files", params=query)).json()["items"]
        assert [(file["name"], file["revision"]) for file in files] == [
            (f"a/b/{number:03}", 2) for number in range(FILES)
        ]
        is_met = bool(fault.met)
    await site.check()
