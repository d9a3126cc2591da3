"""Blobs in numbered parts, in memory: in the same place as the fake blob store's."""

from collections.abc import AsyncIterable, Mapping, Sequence
from typing import Any

from domain.blobs.errors import BlobMissingError
from domain.blobs.parts import StoredPart
from tests.fakes.blobs.store import FakeBlobStore


class FakePartBlobs:
    """Keeps each part under its number. With `only_equal` it asks for places, and does not need them."""

    def __init__(self, blobs: FakeBlobStore, *, only_equal: bool = False) -> None:
        self._blobs = blobs
        self.only_equal = only_equal

    async def begin(self, key: str) -> Mapping[str, Any]:
        self._blobs.reach()
        self._blobs.pieces[key] = {}
        return {"begun": True}

    async def put_part(
        self, key: str, state: Mapping[str, Any], number: int, body: AsyncIterable[bytes], *, size: int, offset: int
    ) -> str:
        self._blobs.reach()
        part = b"".join([chunk async for chunk in body])
        self._blobs.reach()
        if key not in self._blobs.pieces:
            raise BlobMissingError("The blob was given up.")
        self._blobs.pieces[key][str(number)] = part
        return str(number)

    async def join(
        self, key: str, state: Mapping[str, Any], parts: Sequence[StoredPart], *, is_all: bool, scratch: str
    ) -> None:
        self._blobs.reach()
        if key in self._blobs.stored:
            return
        pieces = self._blobs.pieces.get(key, {})
        found = [self._blobs.stored.get(part.key) if part.key else pieces.get(part.receipt) for part in parts]
        whole = [each for each in found if each is not None]
        if len(whole) < len(found):
            raise BlobMissingError("Some parts are not in the store.")
        self._blobs.stored[key] = b"".join(whole)
        self._blobs.pieces.pop(key, None)
