"""Requests that are cancelled because the server shuts down."""

import json
from typing import Any

import anyio
import pytest

from service.http.middleware.in_flight import InFlightRequests
from service.http.middleware.response_progress import track_response

SCOPE: Any = {"type": "http", "client": None, "server": None}
START = {"type": "http.response.start", "status": 200, "headers": []}


class Exchange:
    """A request to an application that sends `messages` and then never ends."""

    def __init__(self, *messages: Any, method: str = "GET") -> None:
        self._method = method
        self.began = anyio.Event()
        self.undone = False
        self.sent: list[Any] = []
        self._messages = messages

    async def application(self, _: Any, __: Any, send: Any) -> None:
        for message in self._messages:
            await send(message)
        self.began.set()
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.lowlevel.checkpoint()
                self.undone = True

    async def run(self, requests: InFlightRequests) -> None:
        async def send(message: Any) -> None:
            self.sent.append(message)

        await track_response(requests.track(self.application))({**SCOPE, "method": self._method}, None, send)  # type: ignore[arg-type] # nothing is received


async def cancel(*exchanges: Exchange) -> None:
    requests = InFlightRequests()
    async with anyio.create_task_group() as tasks:
        for exchange in exchanges:
            tasks.start_soon(exchange.run, requests)
            await exchange.began.wait()
        assert requests.count == len(exchanges)
        await requests.cancel()
        assert all(exchange.undone for exchange in exchanges)
        assert requests.count == 0


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_request_without_a_response_gets_503(method: str) -> None:
    first, second = Exchange(method=method), Exchange(method=method)
    await cancel(first, second)
    for exchange in (first, second):
        start, body = exchange.sent
        assert start["status"] == 503
        assert {(b"retry-after", b"2"), (b"connection", b"close")} <= set(start["headers"])
        assert json.loads(body["body"])["code"] == "shutting_down"


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_response_that_has_begun_gets_no_more_messages(method: str) -> None:
    exchange = Exchange(START, method=method)
    await cancel(exchange)
    assert exchange.sent == [START]


async def test_cancelling_no_requests_returns_at_once() -> None:
    await cancel()
