"""Mixed work by one client, with a journal of the acknowledged changes."""

import secrets
from collections.abc import Awaitable
from random import Random

import anyio
import httpx

from tests.integration.faults.site import Site, unavailable

# A body that S3 gets in one request, and one that it gets in parts.
SIZES = (0, 1000, 300_000, 9 * 1024**2)
NAMES = ("a", "b", "c")

Held = dict[str, bytes | None]


class Journal:
    """Works on files of its own, in a bucket of its own, as `seed` says.

    Each change either happens as acknowledged, or its answer says that it did not, or that this is not known.
    """

    def __init__(self, site: Site, seed: int, *, sizes: tuple[int, ...] = SIZES[:-1]) -> None:
        self._site = site
        self._random = Random(seed)
        self._sizes = sizes
        self._bucket = f"/v1/buckets/test-{secrets.token_hex(4)}"
        self._held: dict[str, bytes] = {}
        self._progress = anyio.Event()
        self.acknowledged = 0
        self.refused = 0

    async def open(self) -> None:
        """Make the bucket, while nothing fails."""
        assert (await self._site.client.put(self._bucket, json={})).status_code == 201

    async def work(self, changes: int) -> None:
        """Make so many changes, one after another, and check each of them."""
        for _ in range(changes):
            await self._random.choice((self._store, self._store, self._copy, self._rename, self._delete, self._read))()
            self._progress.set()
            self._progress = anyio.Event()
        self._progress.set()

    async def progress(self) -> None:
        """Wait until the next change was made."""
        await self._progress.wait()

    async def _store(self) -> None:
        name, content = self._random.choice(NAMES), self._random.randbytes(self._random.choice(self._sizes))
        await self._change(self._site.client.put(self._path(name), content=content), {name: content})

    async def _copy(self) -> None:
        free = [name for name in NAMES if name not in self._held]
        if not free or not self._held:
            return
        source, name = self._random.choice(sorted(self._held)), self._random.choice(free)
        if id_ := await self._find(source):
            copying = self._site.client.post(f"/v1/files/{id_}/copy", json={"name": name})
            await self._change(copying, {name: self._held[source]})

    async def _rename(self) -> None:
        free = [name for name in NAMES if name not in self._held]
        if not free or not self._held:
            return
        source, name = self._random.choice(sorted(self._held)), self._random.choice(free)
        if id_ := await self._find(source):
            renaming = self._site.client.patch(f"/v1/files/{id_}", json={"name": name})
            await self._change(renaming, {source: None, name: self._held[source]})

    async def _delete(self) -> None:
        if self._held and (id_ := await self._find(name := self._random.choice(sorted(self._held)))):
            await self._change(self._site.client.delete(f"/v1/files/{id_}"), {name: None})

    async def _read(self) -> None:
        if not self._held:
            return
        name = self._random.choice(sorted(self._held))
        try:
            answer = await self._site.client.get(self._path(name))
        except httpx.RemoteProtocolError:
            return  # cut short, and not cleanly
        if answer.is_success:
            assert answer.content == self._held[name]
        else:
            unavailable(answer)

    async def _change(self, changing: Awaitable[httpx.Response], changed: Held) -> None:
        before = {name: self._held.get(name) for name in changed}
        allowed = await self._outcomes(changing, before, changed)
        seen = {name: await self._look(name) for name in changed}
        assert seen in allowed
        for name, content in seen.items():
            self._held.pop(name, None)
            if content is not None:
                self._held[name] = content

    async def _outcomes(self, changing: Awaitable[httpx.Response], before: Held, changed: Held) -> list[Held]:
        try:
            answer = await changing
        except (httpx.ReadError, httpx.WriteError):
            # Refused while its body was still on its way: the connection may end before the refusal is read.
            self.refused += 1
            return [before, changed]
        if answer.is_success:
            self.acknowledged += 1
            return [changed]
        self.refused += 1
        return [before, changed] if unavailable(answer) == "outcome_unknown" else [before]

    async def _find(self, name: str) -> str | None:
        answer = await self._site.client.get("/v1/files", params={"bucket": self._bucket[12:], "name": name})
        if answer.is_success:
            [file] = answer.json()["items"]
            return str(file["id"])
        unavailable(answer)
        return None

    async def _look(self, name: str) -> bytes | None:
        """Read the file's real content, past all faults."""
        answer = await self._site.look(self._path(name))
        return None if answer.status_code == 404 else answer.content

    def _path(self, name: str) -> str:
        return f"{self._bucket}/files/{name}"
