"""The downloads of a link with a limit."""

import anyio
import httpx

from tests.fakes.clock import FakeClock
from tests.support.clients import client_of
from tests.support.fake_service import Service
from tests.unit.links.link_requests import Json, put, shared, url


async def used(client: httpx.AsyncClient, link: Json) -> int:
    count: int = (await client.get(f"/v1/links/{link['id']}")).json()["used"]
    return count


async def test_a_link_is_used_up(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await shared(client, await put(client), max_downloads=2)
    assert [(await stranger.get(url(link))).status_code for _ in range(3)] == [200, 200, 410]
    assert (await stranger.get(url(link))).json()["detail"] == "The link is used up."
    assert (await stranger.head(url(link))).status_code == 410
    assert await used(client, link) == 2


async def test_fifty_at_once_are_one_download_of_one(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await shared(client, await put(client), max_downloads=1)
    statuses: list[int] = []

    async def get() -> None:
        statuses.append((await stranger.get(url(link))).status_code)

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(get)
    assert sorted(statuses) == [200] + [410] * 49


async def test_what_sends_no_bytes_is_free(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await shared(client, file := await put(client), max_downloads=1)
    assert (await stranger.head(url(link))).status_code == 200
    assert (await stranger.get(url(link), headers={"If-None-Match": file["etag"]})).status_code == 304
    assert (await stranger.get(url(link), headers={"If-Match": '"x"'})).status_code == 412
    assert (await stranger.get(url(link), headers={"Range": "bytes=10-"})).status_code == 416
    assert await used(client, link) == 0
    assert (await stranger.get(url(link))).status_code == 200


async def test_a_head_does_not_pass_for_the_begin_of_a_download(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    link = await shared(client, file := await put(client), max_downloads=1)
    cookie = (await stranger.head(url(link))).headers["set-cookie"].partition(";")[0]
    rest = {"Range": "bytes=4-", "If-Range": file["etag"], "Cookie": cookie}
    assert (await stranger.get(url(link), headers=rest)).status_code == 206
    assert await used(client, link) == 1


async def test_a_download_is_resumed_from_the_same_address(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, clock: FakeClock
) -> None:
    link = await shared(client, file := await put(client), max_downloads=1)
    await stranger.get(url(link), headers={"Range": "bytes=0-3"})
    stranger.cookies.clear()
    rest = {"Range": "bytes=4-", "If-Range": file["etag"]}
    answer = await stranger.get(url(link), headers=rest)
    assert (answer.status_code, answer.content) == (206, b"456789")
    # Without a condition nobody knows that it is the same download.
    assert (await stranger.get(url(link), headers={"Range": "bytes=4-"})).status_code == 410
    clock.advance(3601)
    stranger.cookies.clear()
    assert (await stranger.get(url(link), headers=rest)).status_code == 410
    assert await used(client, link) == 1


async def test_a_download_of_a_file_that_has_changed_is_another_one(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    link = await shared(client, file := await put(client), max_downloads=1)
    await stranger.get(url(link))
    await put(client, content=b"abcdefghij")
    rest = {"Range": "bytes=4-", "If-Range": file["etag"]}
    assert (await stranger.get(url(link), headers=rest)).status_code == 410


async def test_a_download_is_resumed_with_its_cookie_from_anywhere(
    client: httpx.AsyncClient, service: Service, clock: FakeClock
) -> None:
    link = await shared(client, file := await put(client), max_downloads=1)
    rest = {"Range": "bytes=4-", "If-Range": file["etag"]}

    async def elsewhere(**headers: str) -> int:
        transport = httpx.ASGITransport(service.app, client=("192.0.2.7", 1))  # type: ignore[arg-type] # the same protocol
        async with httpx.AsyncClient(transport=transport, base_url="http://fileport.test") as other:
            return (await other.get(url(link), headers={**rest, **headers})).status_code

    async with client_of(service.app) as reader:
        cookie = (await reader.get(url(link))).headers["set-cookie"]
    assert "HttpOnly; SameSite=Lax" in cookie
    assert "Secure" not in cookie
    value = cookie.partition(";")[0]
    assert await elsewhere() == 410
    assert await elsewhere(Cookie=value) == 206
    name, _, ticket = value.partition("=")
    signature = ticket.rpartition(".")[2]
    for forged in (f"9{ticket}", ticket[:-1], ticket.replace(".", ""), f"9999999999.01.{signature}", "."):
        assert await elsewhere(Cookie=f"{name}={forged}") == 410
    other = await shared(client, file, max_downloads=1)
    async with client_of(service.app) as reader:
        await reader.get(url(other))
    clock.advance(3601)
    assert await elsewhere(Cookie=value) == 410


async def test_what_goes_on_with_a_download_does_not_renew_its_hour(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, clock: FakeClock
) -> None:
    link = await shared(client, file := await put(client), max_downloads=2)
    rest = {"Range": "bytes=4-", "If-Range": file["etag"]}
    answer = await stranger.get(url(link))
    for method in ("HEAD", "GET", "GET"):
        cookie = answer.headers["set-cookie"].partition(";")[0]
        clock.advance(1500)
        stranger.cookies.clear()
        answer = await stranger.request(method, url(link), headers={**rest, "Cookie": cookie})
    # The third one came after the hour, and is another download.
    assert (answer.status_code, await used(client, link)) == (206, 2)


async def test_the_parts_of_one_answer_are_one_download(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await shared(client, await put(client), max_downloads=2)
    assert (await stranger.get(url(link), headers={"Range": "bytes=0-1,4-5,8-9"})).status_code == 206
    assert await used(client, link) == 1


async def test_a_link_without_a_limit_counts_its_downloads(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    link = await shared(client, await put(client))
    for _ in range(3):
        await stranger.get(url(link))
    assert await used(client, link) == 3
