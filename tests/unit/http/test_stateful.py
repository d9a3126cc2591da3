"""Any sequence of requests to the service on the fakes, against a plain model; see `tests.harness.stateful`."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send

from tests.harness.stateful.machine import ApiMachine, run
from tests.harness.stateful.time_rules import TimeRules
from tests.support.clients import client_of
from tests.support.fake_service import Service, open_service
from tests.support.reaper import reaper

GRACE = 24 * 3600.0
LEASE = 900.0
ENVIRON = {
    "FILEPORT_STAGED_LEASE": str(LEASE),
    # Only the machine reaps.
    "FILEPORT_REAPER_INTERVAL": "900000000",
}


class FakesMachine(ApiMachine, TimeRules):
    """All of the API, and time passes."""


class OnFakes:
    """The service in this process, on an event loop in another thread."""

    is_clock_exact = True
    grace = GRACE
    lease = LEASE

    def __init__(self, service: Service, portal: BlockingPortal) -> None:
        self._service = service
        self._portal = portal
        self._reap = reaper(service.catalog, service.blobs)
        self._client = client_of(service.app)
        self._leaving = client_of(_leaving(service.app))

    def reset(self) -> None:
        self._portal.call(self._service.reset)

    def now(self) -> datetime:
        return self._service.clock.now()

    def send(
        self, method: str, url: str, *, content: bytes | Sequence[bytes] | None = None, **parts: Any
    ) -> httpx.Response:
        body = content if content is None or isinstance(content, bytes) else _chunks(content)
        return self._portal.call(lambda: self._client.request(method, url, content=body, **parts))

    def cut(self, url: str, *, headers: Mapping[str, str], content: bytes) -> None:
        answer = self._portal.call(lambda: self._leaving.put(url, headers=headers, content=_chunks([content])))
        assert 400 <= answer.status_code < 500 or answer.status_code == 507

    def check_blobs(self, blobs: int) -> None:
        """Nothing to do: the machine's own round of the reaper compares more."""

    def advance(self, seconds: float) -> None:
        self._service.clock.advance(seconds)

    def send_slowly(self, url: str, *, content: bytes, seconds: float, reaps: bool) -> httpx.Response:
        async def body() -> AsyncIterator[bytes]:
            yield content
            self.advance(seconds)
            if reaps:
                await self._reap_all()

        return self._portal.call(lambda: self._client.put(url, content=body()))

    def reap(self) -> None:
        self._portal.call(self._reap_all)

    def stored(self) -> list[bytes]:
        return [*self._service.blobs.stored.values(), *map(bytes, self._service.blobs.unfinished.values())]

    async def _reap_all(self) -> None:
        async for _ in self._reap():
            pass


@pytest.fixture
def on_fakes() -> Iterator[OnFakes]:
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_service(grace=GRACE, environ=ENVIRON)) as service,
    ):
        yield OnFakes(service, portal)


def test_the_service_does_what_a_dictionary_would(on_fakes: OnFakes) -> None:
    run(FakesMachine, on_fakes, examples=8)


async def _chunks(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def _leaving(app: ASGIApp) -> ASGIApp:
    """Wrap `app` so that each client goes away where its body should end."""

    async def left(scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_less() -> Any:
            message: HTTPReceiveMessage = await receive()  # type: ignore[assignment] # no other begins a request
            return message if message.get("more_body") else {"type": "http.disconnect"}

        await app(scope, receive_less, send)

    return left
