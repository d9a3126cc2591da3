"""A service under attack, and an observer of the result."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx

from tests.harness.fault_proxy import HttpProxy, PostgresProxy
from tests.support.parts.stacks import Stack
from tests.support.polling import pause
from tests.support.processes.fsck import fsck
from tests.support.processes.server import Server, serving

# No reaper, no renewal of leases and no look for jobs mixes with the requests under attack.
ATTACKED = {
    "FILEPORT_STAGED_LEASE": "3600",
    "FILEPORT_REAPER_INTERVAL": "3600",
    "FILEPORT_JOB_INTERVAL": "3600",
    "FILEPORT_BLOB_GRACE": "0",
}
OBSERVING = {"FILEPORT_REAPER_INTERVAL": "0.1", "FILEPORT_JOB_INTERVAL": "1", "FILEPORT_BLOB_GRACE": "0"}
# Longer than any recovery here takes.
RECOVERY_SECONDS = 60

_LIVE = "SELECT key FROM blobs WHERE state = 'live' AND content IS NULL"
_LET_LAPSE = """
UPDATE blobs
SET lease_until = CASE state WHEN 'staged' THEN statement_timestamp() END,
    due_at = CASE state WHEN 'condemned' THEN statement_timestamp() END
WHERE key = ANY($1::text[]) AND state <> 'live'
"""


class Site:
    """A server that reaches its stores through proxies, and another one that reaches them directly, and reaps.

    `client` speaks to the first, `observer` to the second.
    """

    def __init__(
        self, stack: Stack, postgres: PostgresProxy, s3: HttpProxy | None, attacked: Server, observing: Server
    ) -> None:
        self.stack = stack
        self.postgres = postgres
        # A refusal that comes before the body's end may end its connection.
        self.client = attacked.client(limits=httpx.Limits(max_keepalive_connections=0))
        self.observer = observing.client()
        self._s3 = s3
        self._servers = (attacked, observing)
        self._read: set[tuple[str, int]] = set()

    @property
    def has_s3(self) -> bool:
        return self._s3 is not None

    @property
    def s3(self) -> HttpProxy:
        """The way to the blob store, where it is S3."""
        assert self._s3 is not None
        return self._s3

    async def recovered(self) -> None:
        """Wait until the service says that it is ready again."""
        async with asyncio.timeout(RECOVERY_SECONDS):
            while (await self.client.get("/health/ready")).status_code != 200:
                await pause()

    async def look(self, path: str) -> httpx.Response:
        """Return the answer, once the observer is connected: Postgres may have ended its connections too."""
        async with asyncio.timeout(RECOVERY_SECONDS):
            while (answer := await self.observer.get(path)).status_code == 503:
                await pause()
        assert answer.status_code in {200, 404}
        return answer

    async def check(self) -> None:
        """Check that the service recovers, that nothing is lost, and that the reaper leaves no orphan."""
        await self.recovered()
        await self._check_usage(await self._check_files())
        await self._check_leftovers()
        for server in self._servers:
            errors = [line for line in server.lines if line.get("level") == "error"]
            # As many failures as open the circuit are no error of the service, however many there were.
            assert {line["event"] for line in errors} <= {"blob store is down"}, errors

    async def check_all(self) -> None:
        """Check as well that `fileport fsck` finds catalog and store in agreement, bytes included."""
        await self.check()
        checked = await fsck(self.stack.environ, "--deep")
        assert checked.status == 0, checked

    async def _check_files(self) -> list[dict[str, Any]]:
        files = [file async for file in self._list("/v1/files")]
        for file in files:
            version = file["id"], file["revision"]
            if version in self._read:
                continue
            self._read.add(version)
            content = (await self.client.get(f"/v1/files/{file['id']}/content")).content
            assert hashlib.sha256(content).hexdigest() == file["sha256"]
        return files

    async def _check_usage(self, files: list[dict[str, Any]]) -> None:
        sizes, counts = Counter[str](), Counter[str]()
        for file in files:
            sizes[file["bucket"]] += file["size"]
            counts[file["bucket"]] += 1
        async for bucket in self._list("/v1/buckets"):
            name = bucket["name"]
            assert bucket["usage"] == {"bytes": sizes[name], "files": counts[name]}

    async def _check_leftovers(self) -> None:
        connection = await asyncpg.connect(self.stack.environ["FILEPORT_DATABASE_URL"])
        try:
            async with asyncio.timeout(RECOVERY_SECONDS):
                await self._until_reaped(connection)
        finally:
            await connection.close()

    async def _until_reaped(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        while True:
            logged = [len(server.lines) for server in self._servers]
            live = {row["key"] for row in await connection.fetch(_LIVE)}
            stored = await self.stack.blobs()
            assert live <= stored
            if live == stored:
                return
            # No server renews these leases or works on these claims any more; waiting for their ends would take long.
            await connection.execute(_LET_LAPSE, stored - live)
            await self._either_has_reaped(logged)

    async def _either_has_reaped(self, logged: list[int]) -> None:
        waiting = [
            asyncio.create_task(server.line(lambda line: line.get("removed", 0) > 0, after=after))
            for server, after in zip(self._servers, logged, strict=True)
        ]
        _, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _list(self, path: str) -> AsyncIterator[dict[str, Any]]:
        cursor: dict[str, str] = {}
        while True:
            page = (await self.observer.get(path, params={"limit": 100, **cursor})).json()
            for item in page["items"]:
                yield item
            if page.get("next") is None:
                return
            cursor = {"cursor": page["next"]}


def unavailable(answer: httpx.Response) -> str:
    """Check that the answer is a clean refusal for now, and return its code."""
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    return str(answer.json()["code"])


@asynccontextmanager
async def site_on(stack: Stack, **settings: str) -> AsyncIterator[Site]:
    """A site on this stack, whose service under attack has these further settings."""
    async with PostgresProxy(stack.environ["FILEPORT_DATABASE_URL"]).listening() as postgres:
        through = {"FILEPORT_DATABASE_URL": postgres.dsn}
        if "FILEPORT_S3_ENDPOINT_URL" not in stack.environ:
            async with _site(stack, postgres, None, {**through, **settings}) as site:
                yield site
            return
        async with HttpProxy(stack.environ["FILEPORT_S3_ENDPOINT_URL"]).listening() as s3:
            through["FILEPORT_S3_ENDPOINT_URL"] = s3.url
            async with _site(stack, postgres, s3, {**through, **settings}) as site:
                yield site


@asynccontextmanager
async def _site(
    stack: Stack, postgres: PostgresProxy, s3: HttpProxy | None, settings: dict[str, str]
) -> AsyncIterator[Site]:
    async with (
        serving({**stack.environ, **OBSERVING}) as observing,
        serving({**stack.environ, **ATTACKED, **settings}) as attacked,
    ):
        site = Site(stack, postgres, s3, attacked, observing)
        async with site.client, site.observer:
            yield site
