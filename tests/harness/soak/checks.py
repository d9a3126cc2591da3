"""The checks at the end, after the last write."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import asyncpg
import msgspec

from tests.harness.soak.clients.api import Api, path_of
from tests.harness.soak.clients.client import CONTESTED, OTHER, PLAIN, Client
from tests.harness.soak.clients.contested import Register
from tests.harness.soak.options import Options
from tests.harness.soak.report import Report
from tests.harness.soak.truth import Entry, Location, Page, Record
from tests.harness.soak.violation import ViolationError
from tests.support.parts.stacks import Stack
from tests.support.processes.fsck import fsck

_POLL_SECONDS = 0.2
# For a busy machine.
_TIMEOUT_SECONDS = 60


class Checks:
    """Compares the service's answers, and the state of its stores, with the clients' ledgers."""

    def __init__(
        self, clients: list[Client], registers: list[Register], stack: Stack, options: Options, report: Report
    ) -> None:
        self._clients = clients
        self._registers = registers
        self._stack = stack
        self._options = options
        self._report = report
        self._api: Api = clients[0].api

    async def run(self) -> None:
        """Raise `ViolationError` for the first thing that is wrong."""
        for client in self._clients:
            for entry in client.ledger:
                await self._check_content(client, entry)
        for register in self._registers:
            await self._clients[0].read_contested(register)
        await self._until("the expired files are gone", self._expired_are_gone)
        await self._check_listings_and_usage()
        await self._until("the store holds the live blobs and nothing else", self._surplus)
        await self._fsck()

    async def _check_content(self, client: Client, entry: Entry) -> None:
        if not await client.read(entry, path_of(entry.location)):
            raise ViolationError(f"{entry.location}: no answer from a server that is not killed.")
        entry.forget_expired(time.time())
        self._report.checked["absent" if entry.state is None else "contents"] += 1

    async def _expired_are_gone(self) -> str:
        connection = await asyncpg.connect(self._stack.database_url())
        try:
            count = await connection.fetchval("SELECT count(*) FROM files WHERE expires_at IS NOT NULL")
        finally:
            await connection.close()
        return f"{count} have an expiry" if count else ""

    async def _check_listings_and_usage(self) -> None:
        entries = [entry for client in self._clients for entry in client.ledger]
        for entry in entries:
            entry.forget_expired(time.time())
        buckets = [PLAIN, OTHER, *(client.quota_bucket for client in self._clients)]
        for bucket in buckets:
            listed = await self._list(bucket)
            expected = {
                entry.location: entry.record for entry in entries if entry.location.bucket == bucket and entry.record
            }
            if listed != expected:
                wrong = {
                    location for location in {*listed, *expected} if listed.get(location) != expected.get(location)
                }
                location = min(wrong)
                raise ViolationError(
                    f"{len(wrong)} files of {bucket} differ from the acknowledged ones, the first {location}: "
                    f"listed {listed.get(location)}, expected {expected.get(location)}"
                )
            self._report.checked["listed"] += len(listed)
        for bucket in [*buckets, CONTESTED, "default"]:
            await self._check_usage(bucket)

    async def _check_usage(self, bucket: str) -> None:
        sizes = [record.size for record in (await self._list(bucket)).values()]
        answer = await self._api.ask("GET", f"/v1/buckets/{bucket}", does="check")
        usage = msgspec.json.decode(answer.content)["usage"]
        if usage != {"bytes": sum(sizes), "files": len(sizes)}:
            raise ViolationError(f"The usage of {bucket} is {usage}, and {len(sizes)} files have {sum(sizes)} bytes.")
        self._report.checked["usages"] += 1

    async def _list(self, bucket: str) -> dict[Location, Record]:
        found: dict[Location, Record] = {}
        params: dict[str, str | int] = {"bucket": bucket, "limit": 1000, "sort": "name"}
        while True:
            answer = await self._api.ask("GET", "/v1/files", does="check", params=params)
            page = msgspec.json.decode(answer.content, type=Page)
            found |= {record.location: record for record in page.items}
            if page.next is None:
                return found
            params["cursor"] = page.next

    async def _surplus(self) -> str:
        """Return the difference between the store and the live blobs, empty if there is none."""
        connection = await asyncpg.connect(self._stack.database_url())
        try:
            rows = await connection.fetch(
                "SELECT key, state, file_count, (SELECT count(*) FROM files WHERE blob_key = key) AS files, "
                "content IS NOT NULL AS is_inline FROM blobs"
            )
        finally:
            await connection.close()
        stored = await self._stack.blobs()
        # The servers that run now hold reserved keys, and nothing is stored under them.
        live = {row["key"] for row in rows if row["state"] == "live"}
        condemned = {row["key"] for row in rows if row["state"] == "condemned"}
        inline = {row["key"] for row in rows if row["is_inline"]}
        if missing := live - stored - inline:
            raise ViolationError(f"{len(missing)} live blobs are not in the store: {sorted(missing)[:10]}")
        if wrong := [dict(row) for row in rows if row["file_count"] != row["files"]]:
            raise ViolationError(f"Blobs count their files wrongly: {wrong[:10]}")
        self._report.checked["blobs"] = len(live)
        surplus = stored - live
        return f"{len(surplus)} blobs too many, {len(condemned)} condemned" if surplus or condemned else ""

    async def _until(self, condition: str, difference: Callable[[], Awaitable[str]]) -> None:
        # The leases of a killed server end, and its blobs are gone a grace later; so are those of a killed
        # reaper had claimed.
        options = self._options
        deadline = time.monotonic() + 3 * options.staged_lease + options.blob_grace + _TIMEOUT_SECONDS
        while different := await difference():
            if time.monotonic() > deadline:
                raise ViolationError(f"It is not so that {condition}: {different}.")
            await asyncio.sleep(_POLL_SECONDS)

    async def _fsck(self) -> None:
        checked = await fsck({**self._stack.environ, **self._options.environ()}, "--deep")
        if checked.status != 0:
            raise ViolationError(f"fsck ends with {checked.status}: {checked.output} {checked.errors}")
        self._report.checked["fsck --deep"] += 1
