"""A service whose clock is a day off, ahead or behind: only the catalog's clock decides anything."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from domain.maintenance.reap import Reap
from service.app import create_app
from service.container.container import make_container
from service.settings import read_settings
from tests.support.clients import ROOT_KEY, SERVICE_SECRET, client_of, running

DAY = timedelta(days=1)
FILES = "/v1/buckets/brief/files"
LET_LAPSE = "UPDATE files SET expires_at = statement_timestamp() WHERE name = $1"


class Replica:
    """The service, on a machine whose clock is `off`."""

    def __init__(self, client: httpx.AsyncClient, reap: Reap, monkeypatch: pytest.MonkeyPatch, off: timedelta) -> None:
        self.client = client
        self.reap = reap
        self._monkeypatch = monkeypatch
        self._off = off

    def set_clock(self) -> None:
        """Let this process's clock be this machine's: replicas take turns here."""
        seconds = self._off.total_seconds()
        right = time.clock_gettime
        self._monkeypatch.setattr(time, "time", lambda: right(time.CLOCK_REALTIME) + seconds)
        self._monkeypatch.setattr(time, "time_ns", lambda: int((right(time.CLOCK_REALTIME) + seconds) * 1e9))


@asynccontextmanager
async def replica(
    database: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch, off: timedelta
) -> AsyncIterator[Replica]:
    settings = read_settings(
        {
            "FILEPORT_DATABASE_URL": database,
            "FILEPORT_DATA_DIR": str(data_dir),
            "FILEPORT_REAPER_INTERVAL": "3600",
            "FILEPORT_BLOB_GRACE": "3600",
            "FILEPORT_ROOT_KEY": ROOT_KEY,
            "FILEPORT_SERVICE_SECRET": SERVICE_SECRET,
        }
    )
    container = make_container(settings)
    app = create_app(container, settings)
    async with running(app), client_of(app) as client:
        yield Replica(client, await container.get(Reap), monkeypatch, off)


@pytest.fixture
async def replicas(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Replica, Replica]]:
    """Two replicas on one database and one directory: a day ahead, and a day behind."""
    async with (
        replica(database, tmp_path, monkeypatch, DAY) as ahead,
        replica(database, tmp_path, monkeypatch, -DAY) as behind,
    ):
        assert (await ahead.client.put("/v1/buckets/brief", json={"default_ttl": 3600})).status_code == 201
        yield ahead, behind


async def store(replica: Replica, name: str) -> dict[str, str]:
    replica.set_clock()
    answer = await replica.client.put(f"{FILES}/{name}", content=name.encode())
    assert answer.status_code == 201
    file: dict[str, str] = answer.json()
    return file


def about(moment: str, expected: datetime) -> bool:
    return abs(datetime.fromisoformat(moment) - expected) < timedelta(hours=1)


async def test_times_are_the_catalogs(replicas: tuple[Replica, Replica]) -> None:
    now = datetime.now(UTC)
    for name, replica in zip(("ahead", "behind"), replicas, strict=True):
        file = await store(replica, name)
        assert about(file["created_at"], now)
        assert about(file["updated_at"], now)
        assert about(file["expires_at"], now + timedelta(seconds=3600))
        read = await replica.client.get(f"{FILES}/{name}")
        assert (read.status_code, read.content) == (200, name.encode())


async def test_an_expiry_is_in_the_future_of_the_catalog(replicas: tuple[Replica, Replica]) -> None:
    now = datetime.now(UTC)
    soon, just_now = (now + timedelta(hours=2)).isoformat(), (now - timedelta(hours=2)).isoformat()
    for name, replica in zip(("ahead", "behind"), replicas, strict=True):
        file = f"/v1/files/{(await store(replica, name))['id']}"
        refused = await replica.client.patch(file, json={"expires_at": just_now})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_expiry")
        assert (await replica.client.patch(file, json={"expires_at": soon})).status_code == 200
        assert (await replica.client.get(f"{FILES}/{name}")).status_code == 200


async def test_the_reaper_takes_the_blobs_that_the_catalog_finds_due_and_no_others(
    replicas: tuple[Replica, Replica], database: str
) -> None:
    ahead, behind = replicas
    for name in ("kept", "ended"):
        await store(ahead, name)
    assert [each async for each in ahead.reap()] == []
    connection = await asyncpg.connect(database)
    await connection.execute(LET_LAPSE, "ended")
    await connection.close()
    behind.set_clock()
    assert [each.expired async for each in behind.reap()] == [1]
    # Its bytes stay for the grace period, whatever either replica takes the time for.
    assert [each async for each in ahead.reap()] == []
    assert (await behind.client.get(f"{FILES}/kept")).content == b"kept"
    assert (await behind.client.get(f"{FILES}/ended")).status_code == 404


async def test_files_that_replicas_stored_in_turns_are_listed_in_the_order_of_their_coming(
    replicas: tuple[Replica, Replica],
) -> None:
    names = [f"file {number}" for number in range(9)]
    stored = [await store(replicas[number % 2], name) for number, name in enumerate(names)]
    # The ids tell another story, and nothing goes by them.
    assert sorted(stored, key=lambda file: file["id"]) != stored
    for sort, expected in (("created_at", names), ("-created_at", names[::-1])):
        listed: list[str] = []
        cursor: dict[str, str] = {}
        while True:
            parameters = {"bucket": "brief", "sort": sort, "limit": "2", **cursor}
            page = (await replicas[len(listed) % 2].client.get("/v1/files", params=parameters)).json()
            listed += [file["name"] for file in page["items"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
        assert listed == expected
