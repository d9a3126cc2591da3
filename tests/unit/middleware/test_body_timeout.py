"""Clients that send or take nothing, seen from an application that waits for them."""

from typing import Any

import anyio
import pytest
import structlog

from domain.errors import BodyTimeoutError
from service.http.middleware.body_timeout import limit_body_time

SCOPE: Any = {"type": "http", "method": "PUT", "client": None, "server": None}
CHUNK = {"type": "http.request", "body": b"x", "more_body": True}
SENT = {"type": "http.response.body", "body": b"x", "more_body": True}


class Client:
    """Sends what it has, then nothing; takes so many messages, then none."""

    def __init__(self, *messages: Any, takes: int = 0) -> None:
        self._messages = list(messages)
        self._takes = takes

    async def receive(self) -> Any:
        if not self._messages:
            await anyio.sleep_forever()
        return self._messages.pop(0)

    async def send(self, _: Any) -> None:
        if not self._takes:
            await anyio.sleep_forever()
        self._takes -= 1


async def run(application: Any, client: Client, *, idle: float, total: float) -> None:
    with anyio.fail_after(10):
        await limit_body_time(application, idle=idle, total=total)(SCOPE, client.receive, client.send)


@pytest.mark.parametrize(("idle", "total"), [(0.01, 60), (60, 0.01)])
async def test_a_body_that_does_not_come_is_an_error_where_it_is_awaited(idle: float, total: float) -> None:
    received: list[Any] = []

    async def application(_: Any, receive: Any, __: Any) -> None:
        while True:
            received.append(await receive())

    with pytest.raises(BodyTimeoutError):
        await run(application, Client(CHUNK, CHUNK), idle=idle, total=total)
    assert received == [CHUNK, CHUNK]


async def test_a_body_that_never_stops_is_an_error_after_its_whole_time() -> None:
    async def application(_: Any, receive: Any, __: Any) -> None:
        while True:
            await receive()

    async def trickle() -> Any:
        await anyio.sleep(0.001)
        return CHUNK

    client = Client()
    client.receive = trickle  # type: ignore[method-assign] # this client never pauses for long
    with pytest.raises(BodyTimeoutError):
        await run(application, client, idle=60, total=0.05)


async def test_nothing_is_awaited_of_a_client_behind_its_body() -> None:
    left = False

    async def application(_: Any, receive: Any, __: Any) -> None:
        nonlocal left
        await receive()
        with anyio.move_on_after(0.1):
            await receive()
        left = True

    await run(application, Client({"type": "http.request", "body": b"", "more_body": False}), idle=0.01, total=0.01)
    assert left


@pytest.mark.parametrize(("idle", "total"), [(0.01, 60), (60, 0.01)])
async def test_an_answer_that_is_not_taken_frees_what_it_holds_and_is_given_up(idle: float, total: float) -> None:
    freed = False

    async def application(_: Any, __: Any, send: Any) -> None:
        nonlocal freed
        try:
            while True:
                await send(SENT)
        finally:
            freed = True

    with structlog.testing.capture_logs() as logs:
        await run(application, Client(takes=2), idle=idle, total=total)
    assert freed
    assert [line["event"] for line in logs] == ["connection cut"]
