"""A batch whose Postgres fails midway reports the outcome of each operation."""

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.batches.apply_batch import CHUNK
from tests.harness.fault_proxy import Effect, effects
from tests.integration.faults.site import Site

DELETING = "DELETE FROM files"
RENAMING = "UPDATE files"


@pytest.fixture
async def files(site: Site) -> AsyncIterator[list[dict[str, Any]]]:
    """Three chunks of files in a bucket of their own."""
    path = f"/v1/buckets/test-{secrets.token_hex(4)}"
    assert (await site.observer.put(path, json={})).status_code == 201
    stored = [await site.observer.put(f"{path}/files/{number:03}", content=b"x") for number in range(3 * CHUNK)]
    yield [answer.json() for answer in stored]
    await site.check()


async def left(site: Site, files: list[dict[str, Any]]) -> list[str]:
    """Return the names in the files' bucket."""
    query = {"bucket": files[0]["bucket"], "limit": "1000", "sort": "name"}
    return [file["name"] for file in (await site.observer.get("/v1/files", params=query)).json()["items"]]


@pytest.mark.parametrize(
    ("breaks", "step", "code", "happened"),
    [
        (effects.lose_answer, "COMMIT", "outcome_unknown", True),
        (effects.cut_midway, "COMMIT", "outcome_unknown", False),
        (effects.lose_answer, DELETING, "catalog_unavailable", False),
        (effects.cut_midway, DELETING, "catalog_unavailable", False),
    ],
)
async def test_deletes_of_the_chunk_are_in_doubt_or_undone_and_those_behind_it_are_not_attempted(
    site: Site, files: list[dict[str, Any]], breaks: Effect, step: str, code: str, happened: bool
) -> None:
    operations = [{"op": "delete", "id": file["id"]} for file in files]
    with site.postgres.fault(breaks, step, times=1, skip=1) as fault:
        answer = await site.client.post("/v1/batch", json={"operations": operations})
    assert fault.met
    assert answer.status_code == 200
    told = [result.get("problem", {}).get("code", result["status"]) for result in answer.json()["results"]]
    assert told == [204] * CHUNK + [code] * CHUNK + ["not_attempted"] * CHUNK
    names = [file["name"] for file in files]
    assert await left(site, files) == names[(2 if happened else 1) * CHUNK :]


async def test_changes_before_the_connection_broke_are_undone_with_their_chunk(
    site: Site, files: list[dict[str, Any]]
) -> None:
    operations = [{"op": "move", "id": file["id"], "to": {"name": f"moved/{file['name']}"}} for file in files]
    with site.postgres.fault(effects.lose_answer, RENAMING, times=1, skip=CHUNK + 7):
        answer = await site.client.post("/v1/batch", json={"operations": operations})
    told = [result.get("problem", {}).get("code", result["status"]) for result in answer.json()["results"]]
    assert told == [200] * CHUNK + ["catalog_unavailable"] * CHUNK + ["not_attempted"] * CHUNK
    names = [file["name"] for file in files]
    assert await left(site, files) == names[CHUNK:] + [f"moved/{name}" for name in names[:CHUNK]]


async def test_a_line_that_is_cut_before_anything_was_done_fails_the_batch(
    site: Site, files: list[dict[str, Any]]
) -> None:
    operations = [{"op": "delete", "id": file["id"]} for file in files]
    with site.postgres.fault(effects.lose_answer, DELETING, times=1):
        answer = await site.client.post("/v1/batch", json={"operations": operations})
    assert (answer.status_code, answer.json()["code"]) == (503, "catalog_unavailable")
    assert len(await left(site, files)) == len(files)
