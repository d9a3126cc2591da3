"""`Idempotency-Key` under concurrency, and across replicas."""

import random
import secrets
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from tests.support.parts.stacks import Stack
from tests.support.processes.server import Server, serving

AT_ONCE = 20
CONTENT = random.Random(1).randbytes(3_000_000)


@pytest.fixture
async def replica(stack: Stack, shared_server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another server on the same database and blob store."""
    assert shared_server.is_running
    async with (
        serving({**stack.environ, "FILEPORT_DATABASE_URL": stack.database_url()}) as server,
        server.client() as client,
    ):
        yield client


@pytest.fixture
def key() -> dict[str, str]:
    """A key of the test's own."""
    return {"Idempotency-Key": f'"{secrets.token_hex(8)}"'}


async def at_once(clients: list[httpx.AsyncClient], method: str, url: str, **options: object) -> list[httpx.Response]:
    """Send a request through each of the clients at the same time."""
    answers: list[httpx.Response] = []

    async def send(client: httpx.AsyncClient) -> None:
        answers.append(await client.request(method, url, **options))  # type: ignore[arg-type] # as httpx takes them

    async with anyio.create_task_group() as tasks:
        for client in clients:
            tasks.start_soon(send, client)
    return answers


def check_one_was_done(answers: list[httpx.Response]) -> httpx.Response:
    """Check that the answers are of one change, or refusals that say to wait, and return one that is of the change."""
    done = [answer for answer in answers if answer.status_code == 201]
    assert done
    for answer in answers:
        if answer.status_code == 201:
            said = answer.content, answer.headers["etag"], answer.headers["location"]
            assert said == (done[0].content, done[0].headers["etag"], done[0].headers["location"])
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_in_use")
            assert int(answer.headers["retry-after"]) > 0
    return done[0]


async def test_of_many_copies_with_one_key_one_is_made(
    client: httpx.AsyncClient, replica: httpx.AsyncClient, files: str, key: dict[str, str]
) -> None:
    original = (await client.put(f"{files}/original", content=b"x")).json()
    copy = f"/v1/files/{original['id']}/copy"
    answers = await at_once([client, replica] * (AT_ONCE // 2), "POST", copy, json={"name": "copy"}, headers=key)
    made = check_one_was_done(answers)
    for each in (client, replica):
        again = await each.post(copy, json={"name": "copy"}, headers=key)
        assert (again.status_code, again.content) == (201, made.content)
    listed = (await client.get("/v1/files", params={"bucket": original["bucket"], "sort": "name"})).json()["items"]
    assert listed == [made.json(), original]


async def test_of_many_batches_with_one_key_each_operation_is_done_once(
    client: httpx.AsyncClient, replica: httpx.AsyncClient, files: str, key: dict[str, str]
) -> None:
    original = (await client.put(f"{files}/original", content=b"x")).json()
    names = [f"{number:03}" for number in range(120)]
    body = {"operations": [{"op": "copy", "id": original["id"], "to": {"name": name}} for name in names]}
    for answer in await at_once([client, replica] * 4, "POST", "/v1/batch", json=body, headers=key):
        if answer.status_code != 200:
            assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_key_in_use")
    first, again = [await each.post("/v1/batch", json=body, headers=key) for each in (client, replica)]
    assert first.content == again.content
    results = first.json()["results"]
    assert [result["status"] for result in results] == [201] * len(names)
    query = {"bucket": original["bucket"], "sort": "name", "limit": "1000"}
    listed = (await client.get("/v1/files", params=query)).json()["items"]
    assert listed == [*(result["file"] for result in results), original]


async def test_of_many_uploads_with_one_key_one_is_stored(
    client: httpx.AsyncClient, replica: httpx.AsyncClient, files: str, key: dict[str, str]
) -> None:
    answers = await at_once([client, replica] * 4, "PUT", f"{files}/a", content=CONTENT, headers=key)
    stored = check_one_was_done(answers)
    again = await replica.put(f"{files}/a", content=CONTENT, headers=key)
    assert (again.status_code, again.content) == (201, stored.content)
    assert (await client.get(f"{files}/a")).content == CONTENT
    assert (await client.get(stored.headers["location"])).json() == stored.json()


async def test_a_request_in_flight_on_one_replica_is_in_flight_on_the_other(
    client: httpx.AsyncClient, replica: httpx.AsyncClient, files: str, key: dict[str, str]
) -> None:
    begun, go_on = anyio.Event(), anyio.Event()
    answers: list[httpx.Response] = []

    async def slowly() -> AsyncIterator[bytes]:
        yield CONTENT[:1_000_000]
        # The server has taken more than the connection between them can hold, so it has claimed the key.
        yield CONTENT[1_000_000:-1]
        begun.set()
        await go_on.wait()
        yield CONTENT[-1:]

    async def send() -> None:
        answers.append(await client.put(f"{files}/a", content=slowly(), headers=key))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(send)
        await begun.wait()
        early = await replica.put(f"{files}/a", content=CONTENT, headers=key)
        other = await replica.put(f"{files}/a", content=CONTENT, headers={**key, "If-None-Match": "*"})
        go_on.set()
    assert (early.status_code, early.json()["code"]) == (409, "idempotency_key_in_use")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    again = await replica.put(f"{files}/a", content=CONTENT, headers=key)
    assert (again.status_code, again.content) == (answers[0].status_code, answers[0].content)
