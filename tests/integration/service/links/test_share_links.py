"""Share links on both stacks, with several replicas and clients at once."""

from typing import Any

import anyio
import httpx
import pytest

from tests.integration.service.links.conftest import AT_ONCE
from tests.support.processes.server import Server

CONTENT = bytes(range(256)) * 4000


async def shared(client: httpx.AsyncClient, files: str, **fields: object) -> dict[str, Any]:
    file = (await client.put(f"{files}/a.bin", content=CONTENT)).json()
    made = await client.post(f"/v1/files/{file['id']}/links", json=fields)
    assert made.status_code == 201, made.text
    return {**made.json(), "etag": file["etag"]}


@pytest.mark.parametrize("allowed", [1, 7])
async def test_downloads_at_once_pass_no_limit(
    client: httpx.AsyncClient, files: str, strangers: list[httpx.AsyncClient], allowed: int
) -> None:
    link = await shared(client, files, max_downloads=allowed)
    answers: list[httpx.Response] = []

    async def get(stranger: httpx.AsyncClient) -> None:
        answers.append(await stranger.get(f"/s/{link['token']}", headers={"Cookie": ""}))

    async with anyio.create_task_group() as tasks:
        for number in range(AT_ONCE):
            tasks.start_soon(get, strangers[number % 2])
    served = [answer for answer in answers if answer.status_code == 200]
    assert len(served) == allowed
    assert all(answer.content == CONTENT for answer in served)
    refused = [answer.json()["code"] for answer in answers if answer.status_code != 200]
    assert refused == ["link_ended"] * (AT_ONCE - allowed)
    assert (await client.get(f"/v1/links/{link['id']}")).json()["used"] == allowed


async def test_a_download_that_broke_off_is_resumed_by_another_replica(
    client: httpx.AsyncClient, files: str, strangers: list[httpx.AsyncClient]
) -> None:
    link = await shared(client, files, max_downloads=1)
    path = f"/s/{link['token']}"
    async with strangers[0].stream("GET", path) as answer:
        assert answer.status_code == 200
        begin = await anext(answer.aiter_raw(1000))
    rest = {"Range": f"bytes={len(begin)}-", "If-Range": link["etag"]}
    resumed = await strangers[1].get(path, headers=rest)
    assert (resumed.status_code, begin + resumed.content) == (206, CONTENT)
    assert (await strangers[1].get(path, headers={"Cookie": ""})).status_code == 410


async def test_guesses_at_a_password_are_limited_across_replicas(
    client: httpx.AsyncClient, files: str, strangers: list[httpx.AsyncClient]
) -> None:
    link = await shared(client, files, password="right horse")
    statuses: list[int] = []

    async def guess(stranger: httpx.AsyncClient) -> None:
        statuses.append((await stranger.get(f"/s/{link['token']}", auth=("me", "wrong"))).status_code)

    async with anyio.create_task_group() as tasks:
        for number in range(AT_ONCE):
            tasks.start_soon(guess, strangers[number % 2])
    assert sorted(statuses) == [401] * 10 + [429] * (AT_ONCE - 10)
    refused = await strangers[0].get(f"/s/{link['token']}", auth=("me", "right horse"))
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60


async def test_a_ticket_is_taken_by_every_replica(
    client: httpx.AsyncClient, files: str, strangers: list[httpx.AsyncClient]
) -> None:
    link = await shared(client, files, password="right horse")
    path = f"/s/{link['token']}"
    cookie = (await strangers[0].get(path, auth=("", "right horse"))).headers["set-cookie"].partition(";")[0]
    assert (await strangers[1].get(path, headers={"Cookie": cookie})).content == CONTENT


async def test_no_log_and_no_figure_has_a_token(
    client: httpx.AsyncClient, files: str, shared_server: Server, strangers: list[httpx.AsyncClient]
) -> None:
    link = await shared(client, files, password="a-canary-of-a-password")
    token = link["token"]
    for path in (f"/s/{token}", f"//s/{token}/", f"/%73/{token}", f"/s%2F{token}", f"/s/{token}/more/x"):
        url = f"{shared_server.url}{path}"
        await strangers[0].get(url, auth=("", "a-canary-of-a-password"))
        await strangers[0].request("BREW", url)
    figures = (await strangers[0].get("/metrics")).text
    await shared_server.line(lambda line: line.get("path") == "/metrics")
    for secret in (token, "canary"):
        assert secret not in figures
        assert [line for line in shared_server.lines if secret in repr(line)] == []
        assert secret not in shared_server.output
