"""Clients that send or take nothing, seen from an application that waits for them."""

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest
import structlog

from domain.errors import BodyTimeoutError
from service.http.middleware.body_timeout import limit_body_time
from service.http.middleware.in_flight import InFlightRequests
from service.http.middleware.response_progress import track_response
from service.http.middleware.response_timeout import ResponseTimeouts
from tests.support.loop_clock import LoopClock

SCOPE: Any = {"type": "http", "client": None, "server": None}
CHUNK = {"type": "http.request", "body": b"x", "more_body": True}
SENT = {"type": "http.response.body", "body": b"x", "more_body": True}


class Client:
    """Sends its messages, then nothing; takes so many of an answer's, then none."""

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


Run = Callable[..., Awaitable[None]]


@pytest.fixture
async def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs an application for a client, while a second passes with each turn of the event loop."""
    clock = LoopClock(monkeypatch)

    async def run(application: Any, client: Client, *, idle: float, total: float, method: str = "PUT") -> None:
        async with clock.running():
            with anyio.fail_after(1000):
                limited = limit_body_time(application, idle=idle, total=total)
                tracked = InFlightRequests().track(limited, ResponseTimeouts(idle=idle, total=total))
                scope: Any = {**SCOPE, "method": method}
                await track_response(tracked)(scope, client.receive, client.send)

    return run


@pytest.mark.parametrize(("idle", "total"), [(10, 60), (60, 10)])
async def test_a_body_that_does_not_come_is_an_error_where_it_is_awaited(run: Run, idle: float, total: float) -> None:
    received: list[Any] = []

    async def application(_: Any, receive: Any, __: Any) -> None:
        while True:
            received.append(await receive())

    with pytest.raises(BodyTimeoutError):
        await run(application, Client(CHUNK, CHUNK), idle=idle, total=total)
    assert received == [CHUNK, CHUNK]


async def test_a_body_that_never_stops_is_an_error_after_its_whole_time(run: Run) -> None:
    async def application(_: Any, receive: Any, __: Any) -> None:
        while True:
            await receive()

    async def trickle() -> Any:
        await anyio.lowlevel.checkpoint()
        return CHUNK

    client = Client()
    client.receive = trickle  # type: ignore[method-assign] # this client never pauses for long
    with pytest.raises(BodyTimeoutError):
        await run(application, client, idle=60, total=50)


async def test_nothing_is_awaited_of_a_client_behind_its_body(run: Run) -> None:
    left = False

    async def application(_: Any, receive: Any, __: Any) -> None:
        nonlocal left
        await receive()
        with anyio.move_on_after(100):
            await receive()
        left = True

    await run(application, Client({"type": "http.request", "body": b"", "more_body": False}), idle=10, total=10)
    assert left


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(("idle", "total"), [(10, 60), (60, 10)])
async def test_a_response_that_the_client_does_not_receive_is_cancelled_and_frees_its_resources(
    run: Run, idle: float, total: float, method: str
) -> None:
    freed = False

    async def application(_: Any, __: Any, send: Any) -> None:
        nonlocal freed
        try:
            while True:
                await send(SENT)
        finally:
            freed = True

    with structlog.testing.capture_logs() as logs:
        await run(application, Client(takes=2), idle=idle, total=total, method=method)
    assert freed
    assert [line["event"] for line in logs] == ["connection cut"]
