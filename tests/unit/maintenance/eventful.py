"""Stores in which something happens between two looks at them."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Literal

from domain.blobs.model import BlobRecord, StoredBlob
from domain.maintenance.model import Miscount
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.database import FakeDatabase
from tests.fakes.maintenance import FakeCatalogIntegrity

Look = Literal["stored", "unfinished", "size", "records", "records of keys", "usage"]
Happening = Callable[[], Awaitable[None]]


class Events:
    """What happens after a look, each once, in the order in which it was said."""

    def __init__(self) -> None:
        self._after: dict[Look, deque[Happening]] = {}

    def after(self, look: Look, happening: Happening) -> None:
        self._after.setdefault(look, deque()).append(happening)

    async def looked(self, look: Look) -> None:
        if waiting := self._after.get(look):
            await waiting.popleft()()

    @property
    def is_over(self) -> bool:
        """Whether all that was to happen has."""
        return not any(self._after.values())


class EventfulBlobStore(FakeBlobStore):
    def __init__(self, events: Events) -> None:
        super().__init__()
        self._events = events

    async def list_stored(self) -> AsyncIterator[StoredBlob]:
        async for blob in super().list_stored():
            yield blob
        await self._events.looked("stored")

    async def list_unfinished(self) -> AsyncIterator[str]:
        async for key in super().list_unfinished():
            yield key
        await self._events.looked("unfinished")

    async def get_size(self, key: str) -> int:
        size = await super().get_size(key)
        await self._events.looked("size")
        return size


class EventfulCatalogIntegrity(FakeCatalogIntegrity):
    def __init__(self, events: Events, database: FakeDatabase) -> None:
        super().__init__(database)
        self._events = events

    async def list_blob_records(self, *, after: str | None, limit: int) -> list[BlobRecord]:
        page = await super().list_blob_records(after=after, limit=limit)
        await self._events.looked("records")
        return page

    async def get_blob_records(self, keys: Sequence[str]) -> dict[str, BlobRecord]:
        records = await super().get_blob_records(keys)
        await self._events.looked("records of keys")
        return records

    async def find_miscounted_usage(self) -> list[Miscount]:
        wrong = await super().find_miscounted_usage()
        await self._events.looked("usage")
        return wrong
