"""A client: it sends one request after another, at random, and knows the states that they allow."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

import msgspec

from tests.harness.soak.clients.api import Api, path_of
from tests.harness.soak.clients.changes import Changes
from tests.harness.soak.clients.contents import Body, Content, Contents
from tests.harness.soak.clients.contested import Register
from tests.harness.soak.fleet.replica import Fleet
from tests.harness.soak.journal import Journal
from tests.harness.soak.report import Report
from tests.harness.soak.settling import Settling
from tests.harness.soak.truth import Entry, Ledger, Location, Page, Record
from tests.harness.soak.violation import ViolationError

PLAIN, OTHER, CONTESTED = "soak-plain", "soak-other", "soak-contested"
QUOTA = 2 * 1024 * 1024
_KIBIBYTE = 1024
_MEBIBYTE = 1024 * 1024
_NAMES = 12
_BRIEF_NAMES = 4
_PAGE = 100


class Client:
    """Owns the names below `c{number}/` in the shared buckets, and a bucket with a quota."""

    def __init__(
        self,
        number: int,
        seed: int,
        fleet: Fleet,
        contents: Contents,
        registers: list[Register],
        report: Report,
        journal: Journal,
    ) -> None:
        self._rng = random.Random(f"{seed} client {number}")
        self.api = Api(number, fleet, fleet.replicas[0], self._rng, report, journal)
        self.ledger = Ledger()
        self.quota_bucket = f"soak-quota-{number}"
        self._prefix = f"c{number}/"
        self._contents = contents
        self._registers = registers
        self._report = report
        self._settling = Settling(self.api, contents.make(0), report)
        quotas = {self.quota_bucket: QUOTA}
        self._changes = Changes(self.api, self._settling, self.ledger, self._rng, report, quotas)
        self._names = [
            self.ledger.at(Location(bucket, f"{self._prefix}файл {name:02} 🎵"))
            for bucket in (PLAIN, OTHER, self.quota_bucket)
            for name in range(_NAMES)
        ]
        self._brief = [self.ledger.at(Location(PLAIN, f"{self._prefix}brief/{name}")) for name in range(_BRIEF_NAMES)]
        self._archived = 0
        self._operations: dict[Callable[[], Awaitable[None]], int] = {
            self._put: 28,
            self._put_if: 8,
            self._post: 4,
            self._annotate: 10,
            self._delete: 9,
            self._copy: 9,
            self._move: 9,
            self._abort: 4,
            self._archive: 2,
            self._expire: 5,
            self._read: 18,
            self._read_by_id: 6,
            self._list: 4,
            self._write_contested: 8,
            self._read_contested: 6,
        }

    async def run(self, until: asyncio.Event) -> None:
        """Go on until told to stop; then end all doubts."""
        await self._put_bucket(self.quota_bucket, QUOTA)
        while not until.is_set():
            (operation,) = self._rng.choices(list(self._operations), list(self._operations.values()))
            await operation()
        for entry in self.ledger:
            if not entry.is_certain:
                await self._settling.settle(entry)

    async def put_shared_buckets(self) -> None:
        """Create the buckets that all clients use."""
        for bucket in (PLAIN, OTHER, CONTESTED):
            await self._put_bucket(bucket, None)

    async def read_contested(self, register: Register) -> None:
        """Read a contested name, and check the answer."""
        path = path_of(Location(CONTESTED, register.name))
        began = time.monotonic()
        answer = await self.api.ask(
            "GET", path, does="read contested", refusals={"file_not_found"}, keeps_content=False
        )
        if answer.is_done or answer.status == 404:
            register.check_seen(answer.sha256 if answer.is_done else None, began=began, ended=time.monotonic())
            self._report.acknowledged["read"] += 1

    async def read(self, entry: Entry, path: str) -> bool:
        """Read a name of this client, check the answer, and return whether there was one."""
        answer = await self.api.ask("GET", path, does="read", refusals={"file_not_found"}, keeps_content=False)
        if answer.is_done:
            sizes_and_hashes = (int(answer.headers["content-length"]), answer.sha256)
            seen = [each for each in entry.possible if each and (each.size, each.sha256) == sizes_and_hashes]
            if not seen:
                raise ViolationError(f"{entry.location}: read {sizes_and_hashes}, and {entry.possible} is possible.")
            is_possible = any(not each.has_expired(answer.began) for each in seen)
            if not is_possible or answer.headers["content-type"] not in {each.content_type for each in seen}:
                raise ViolationError(f"{entry.location}: read {dict(answer.headers)}, and {seen} is possible.")
        elif answer.status == 404:
            entry.check_seen(None, began=answer.began, ended=answer.ended)
        else:
            return False
        self._report.acknowledged["read"] += 1
        return True

    async def check_listing(self, bucket: str, prefix: str) -> None:
        """List a prefix of this client, page by page, and compare."""
        found: dict[Location, Record] = {}
        began = time.time()
        params: dict[str, str | int] = {"bucket": bucket, "prefix": prefix, "limit": _PAGE, "sort": "name"}
        while True:
            answer = await self.api.ask("GET", "/v1/files", does="list", params=params)
            if not answer.is_done:
                return
            page = msgspec.json.decode(answer.content, type=Page)
            found |= {record.location: record for record in page.items}
            if page.next is None:
                break
            params["cursor"] = page.next
        for entry in self.ledger.below(bucket, prefix):
            record = found.pop(entry.location, None)
            entry.check_seen(record.state if record else None, began=began, ended=answer.ended)
            if record and entry.record and record != entry.record:
                raise ViolationError(f"{entry.location}: {record} was listed, and {entry.record} is there.")
        if found:
            raise ViolationError(f"Listed, and never made: {found}")
        self._report.acknowledged["list"] += 1

    async def _put_bucket(self, bucket: str, quota: int | None) -> None:
        # It may be repeated as often as it takes.
        while not (
            await self.api.ask("PUT", f"/v1/buckets/{bucket}", does="put bucket", json={"quota_bytes": quota})
        ).is_done:
            pass

    async def _put(self) -> None:
        entry = self._rng.choice(self._names)
        content = self._content(entry)
        await self._changes.put(entry, content, Body(content, declares_length=self._rng.random() < 0.75))

    async def _put_if(self) -> None:
        if entry := await self._certain(self._names):
            stale = '"00000000000000000000000000000000-1"'
            condition = self._rng.choice([entry.record.etag if entry.record else "*", stale, "*"])
            content = self._content(entry)
            await self._changes.put(entry, content, Body(content), if_match=condition)

    async def _post(self) -> None:
        if entry := await self._certain(self._names):
            await self._changes.post(entry, self._content(entry), self._metadata(), self._tags())

    async def _annotate(self) -> None:
        if entry := await self._there():
            gone = {self._rng.choice(["artist", "n"]): None} if self._rng.random() < 0.3 else {}
            await self._changes.annotate(entry, {**self._metadata(), **gone}, self._tags())

    async def _delete(self) -> None:
        if entry := await self._there():
            await self._changes.delete(entry, is_conditional=self._rng.random() < 0.5)

    async def _copy(self) -> None:
        if (entry := await self._there()) and (to := await self._target(entry)):
            await self._changes.copy(entry, to)

    async def _move(self) -> None:
        if (entry := await self._there()) and (to := await self._target(entry)):
            await self._changes.move(entry, to)

    async def _abort(self) -> None:
        entry = self._rng.choice(self._names)
        content = self._contents.make(self._rng.choice([1, 50 * _KIBIBYTE, 500 * _KIBIBYTE, 10 * _MEBIBYTE]))
        leaves_at = self._rng.randrange(len(content.data))
        body = Body(content, declares_length=self._rng.random() < 0.5, leaves_at=leaves_at)
        await self.api.ask("PUT", path_of(entry.location), does="abort", content=body)

    async def _archive(self) -> None:
        # Never touched again: at the end it is the oldest files that have seen most kills.
        entry = self.ledger.at(Location(PLAIN, f"{self._prefix}archive/{self._archived}"))
        self._archived += 1
        content = self._contents.make(self._rng.randrange(20 * _KIBIBYTE))
        await self._changes.put(entry, content, Body(content))

    async def _expire(self) -> None:
        entry = self._rng.choice(self._brief)
        if entry.is_certain and entry.state is None:
            content = self._contents.make(self._rng.randrange(_KIBIBYTE))
            await self._changes.put(entry, content, Body(content))
        entry = self._rng.choice(self._brief)
        entry.forget_expired(time.time())
        if not entry.is_certain:
            await self._settling.settle(entry)
        elif entry.state is not None and entry.state.expires_at is None:
            await self._changes.expire(entry, self._rng.uniform(0.2, 4))
        await self.read(entry, path_of(entry.location))

    async def _read(self) -> None:
        entry = self._rng.choice([*self._names, *self._brief])
        await self.read(entry, path_of(entry.location))

    async def _read_by_id(self) -> None:
        if (entry := await self._there()) and entry.record:
            await self.read(entry, f"/v1/files/{entry.record.id}/content")

    async def _list(self) -> None:
        bucket = self._rng.choice([PLAIN, OTHER, self.quota_bucket])
        await self.check_listing(bucket, self._prefix + self._rng.choice(["файл", "файл 0", "brief/"]))

    async def _write_contested(self) -> None:
        register = self._rng.choice(self._registers)
        content = self._contents.make(self._rng.randrange(8, 100 * _KIBIBYTE))
        write = register.begin(content.sha256, time.monotonic())
        answer = await self.api.ask(
            "PUT", path_of(Location(CONTESTED, register.name)), does="put contested", content=Body(content)
        )
        happened = {"done": True, "refused": False, "unknown": None}[answer.outcome]
        register.end(write, time.monotonic(), happened=happened)
        if answer.is_done:
            self._report.acknowledged["put contested"] += 1
        elif answer.outcome == "unknown":
            self._report.unknown["put contested"] += 1

    async def _read_contested(self) -> None:
        await self.read_contested(self._rng.choice(self._registers))

    async def _certain(self, entries: list[Entry]) -> Entry | None:
        """Return a name whose state is certain; a doubt that stands in the way is ended."""
        entry = self._rng.choice(entries)
        if entry.is_certain:
            return entry
        await self._settling.settle(entry)
        return None

    async def _there(self) -> Entry | None:
        present = [each for each in self._names if each.possible != [None]]
        return await self._certain(present) if present else None

    async def _target(self, entry: Entry) -> Entry | None:
        others = [each for each in self._names if each is not entry]
        absent = [each for each in others if each.possible == [None]]
        return await self._certain(absent if absent and self._rng.random() < 0.7 else others)

    def _content(self, entry: Entry) -> Content:
        chance = self._rng.random()
        if chance < 0.06:
            size = self._rng.randrange(3) * 8
        elif chance < 0.085 and entry.location.bucket != self.quota_bucket:
            size = self._rng.randrange(10 * _MEBIBYTE, 25 * _MEBIBYTE)
        elif chance < 0.5:
            size = self._rng.randrange(8 * _KIBIBYTE)
        else:
            size = self._rng.randrange(300 * _KIBIBYTE)
        return self._contents.make(size)

    def _metadata(self) -> dict[str, str | int]:
        return {"artist": self._rng.choice(["Queen", "Дайте танк", ""]), "n": self._rng.randrange(10_000)}

    def _tags(self) -> tuple[str, ...]:
        return tuple(self._rng.sample(["rock", "live", "1974", "ночь"], self._rng.randrange(4)))
