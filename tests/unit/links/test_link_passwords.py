"""Links with a password."""

from base64 import b64encode

import anyio
import httpx
import pytest

from domain.links.model import MAX_ATTEMPTS
from tests.fakes.clock import FakeClock
from tests.support.clients import client_of
from tests.support.fake_service import Service
from tests.unit.links.link_requests import put, shared, url


def basic(password: str, user: str = "anybody") -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


async def test_the_password_is_asked_for_and_the_user_name_is_not(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    link = await shared(client, file := await put(client), password="correct: horsé")
    asked = await stranger.get(url(link))
    assert (asked.status_code, asked.json()["code"]) == (401, "link_password")
    assert asked.headers["www-authenticate"].startswith('Basic realm="')
    assert asked.headers["www-authenticate"].endswith('", charset="UTF-8"')
    assert not {"etag", "last-modified", "content-disposition", "set-cookie"} & asked.headers.keys()
    for user in ("", "me", "é"):
        stranger.cookies.clear()
        answer = await stranger.get(url(link), headers=basic("correct: horsé", user))
        assert (answer.status_code, answer.headers["etag"]) == (200, file["etag"])
    assert (await stranger.head(url(link))).status_code == 200  # with the cookie


async def test_each_link_has_a_realm_of_its_own(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    file = await put(client)
    links = [await shared(client, file, password="secret") for _ in range(2)]
    realms = [(await stranger.get(url(link))).headers["www-authenticate"] for link in links]
    assert realms[0] != realms[1]
    assert not any(link["token"][:8] in realm for link in links for realm in realms)


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !",
        "Basic w6k",
        "Basic /////w==",
        "Bearer x",
        "Basic c2VjcmV0",
        "basic Og==",
        f"Basic {'A' * 9000}",
    ],
)
async def test_what_is_no_password_is_refused(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, header: str
) -> None:
    link = await shared(client, await put(client), password="secre7")
    assert (await stranger.get(url(link), headers={"Authorization": header})).status_code == 401


async def test_after_ten_wrong_passwords_even_the_right_one_waits(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, service: Service, clock: FakeClock
) -> None:
    link, other = [await shared(client, await put(client), password="right") for _ in range(2)]
    for _ in range(MAX_ATTEMPTS):
        assert (await stranger.get(url(link), headers=basic("wrong"))).status_code == 401
        clock.advance(1)
    for password in ("wrong", "right"):
        answer = await stranger.get(url(link), headers=basic(password))
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_attempts")
        assert answer.headers["retry-after"] == "50"
    assert (await stranger.get(url(other), headers=basic("right"))).status_code == 200
    transport = httpx.ASGITransport(service.app, client=("192.0.2.7", 1))  # type: ignore[arg-type] # the same protocol
    async with httpx.AsyncClient(transport=transport, base_url="http://fileport.test") as elsewhere:
        assert (await elsewhere.get(url(link), headers=basic("right"))).status_code == 200
    clock.advance(50)
    assert (await stranger.get(url(link), headers=basic("right"))).status_code == 200


async def test_two_hundred_wrong_passwords_at_once_are_ten_hashes(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, service: Service
) -> None:
    link = await shared(client, await put(client), password="right")
    before = service.fakes.passwords.verified
    statuses: list[int] = []

    async def guess() -> None:
        statuses.append((await stranger.get(url(link), headers=basic("wrong"))).status_code)

    async with anyio.create_task_group() as tasks:
        for _ in range(200):
            tasks.start_soon(guess)
    assert sorted(statuses) == [401] * MAX_ATTEMPTS + [429] * (200 - MAX_ATTEMPTS)
    assert service.fakes.passwords.verified - before == MAX_ATTEMPTS


async def test_twenty_seeks_hash_once(client: httpx.AsyncClient, service: Service) -> None:
    link = await shared(client, await put(client), password="right")
    before = service.fakes.passwords.verified
    async with client_of(service.app) as reader:
        reader.headers.update(basic("right"))
        for first in range(20):
            answer = await reader.get(url(link), headers={"Range": f"bytes={first % 10}-"})
            assert answer.status_code == 206
    assert service.fakes.passwords.verified - before == 1


async def test_many_right_passwords_at_once_are_no_attempts(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    link = await shared(client, await put(client), password="right")
    statuses: list[int] = []

    async def get() -> None:
        statuses.append((await stranger.get(url(link), headers=basic("right"))).status_code)

    async with anyio.create_task_group() as tasks:
        for _ in range(30):
            tasks.start_soon(get)
    assert statuses == [200] * 30


async def test_a_ticket_is_good_for_its_own_link_and_for_an_hour(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, clock: FakeClock
) -> None:
    file = await put(client)
    link, other = [await shared(client, file, password="right") for _ in range(2)]
    cookie = (await stranger.get(url(link), headers=basic("right"))).headers["set-cookie"].partition(";")[0]
    ticket = cookie.partition("=")[2]
    stranger.cookies.clear()
    assert (await stranger.get(url(link), headers={"Cookie": cookie})).status_code == 200
    others = (await stranger.get(url(other), headers=basic("right"))).headers["set-cookie"].partition("=")[0]
    stranger.cookies.clear()
    assert (await stranger.get(url(other), headers={"Cookie": f"{others}={ticket}"})).status_code == 401
    clock.advance(3600)
    stranger.cookies.clear()
    assert (await stranger.get(url(link), headers={"Cookie": cookie})).status_code == 401


async def test_passwords_that_wait_for_too_many_others_are_shed_and_count_for_nothing(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, service: Service
) -> None:
    link = await shared(client, await put(client), password="right")
    service.fakes.passwords.is_full = True
    for _ in range(MAX_ATTEMPTS + 1):
        answer = await stranger.get(url(link), headers=basic("right"))
        assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
    service.fakes.passwords.is_full = False
    assert (await stranger.get(url(link), headers=basic("right"))).status_code == 200
