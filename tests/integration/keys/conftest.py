"""Replicas of the service on one database, each with a clock that the test turns."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from domain.keys.ports import KeyChanges
from domain.values.clock import Clock
from service.app import create_app
from service.container.container import make_container
from service.settings import read_settings
from tests.fakes.access.keys import FakeKeyChanges
from tests.fakes.clock import FakeClock
from tests.support.clients import ROOT_KEY, SERVICE_SECRET, client_of, running
from tests.support.fake_service import Replacements
from tests.support.polling import pause

ADMIN = [{"actions": ["admin"], "bucket": "*"}]
# Longer than a notification takes on any machine.
NOTIFIED_SECONDS = 60


class Replica:
    """A replica that the test asks with any credential. Its clock stands still: no entry becomes stale by itself."""

    def __init__(self, client: httpx.AsyncClient, clock: FakeClock) -> None:
        self.client = client
        self.clock = clock

    async def status(self, secret: str) -> int:
        return (await self.client.get("/v1/files", headers={"Authorization": f"Bearer {secret}"})).status_code

    async def make(self, **fields: Any) -> dict[str, Any]:
        answer = await self.client.post("/v1/keys", json={"name": "a key", "scopes": ADMIN, **fields})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def until_refused(self, secret: str) -> None:
        with anyio.fail_after(NOTIFIED_SECONDS):
            while await self.status(secret) != 401:
                await pause()


class TurnedClock(Replacements):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._replace(Clock, clock)


class NoNotifications(Replacements):
    """Changes are never heard of."""

    def __init__(self) -> None:
        super().__init__()
        self._replace(KeyChanges, FakeKeyChanges())


OpenReplica = Callable[..., AbstractAsyncContextManager[Replica]]


@pytest.fixture
def open_replica(database: str, tmp_path: Path) -> OpenReplica:
    @asynccontextmanager
    async def open_replica(
        *, hears: bool = True, database_url: str = database, **settings: str
    ) -> AsyncIterator[Replica]:
        read = read_settings(
            {
                "FILEPORT_DATABASE_URL": database_url,
                "FILEPORT_DATA_DIR": str(tmp_path),
                "FILEPORT_REAPER_INTERVAL": "3600",
                "FILEPORT_ROOT_KEY": ROOT_KEY,
                "FILEPORT_SERVICE_SECRET": SERVICE_SECRET,
                "FILEPORT_AUTH_FAILURES": "100000",
                **{f"FILEPORT_{name}": value for name, value in settings.items()},
            }
        )
        clock = FakeClock()
        app = create_app(make_container(read, TurnedClock(clock), *([] if hears else [NoNotifications()])), read)
        async with running(app), client_of(app) as client:
            client.headers["Authorization"] = f"Bearer {read.root_key}"
            yield Replica(client, clock)

    return open_replica
