"""Blobs that arrive in numbered parts, in a store that fails at once while its circuit is open."""

from collections.abc import AsyncIterable, Mapping, Sequence
from typing import Any

from adapters.circuit.blob_store import CircuitBlobStore
from domain.blobs.parts import StoredPart
from domain.blobs.ports import PartBlobs


class CircuitPartBlobs:
    """Keeps the port `PartBlobs` around another adapter's, whose blobs are in `store`.

    Each call fails and counts as a call of `CircuitBlobStore` does.
    """

    def __init__(self, parts: PartBlobs, store: CircuitBlobStore) -> None:
        self._parts = parts
        self._store = store

    @property
    def only_equal(self) -> bool:
        return self._parts.only_equal

    async def begin(self, key: str) -> Mapping[str, Any]:
        async with self._store.call():
            return await self._parts.begin(key)

    async def put_part(
        self, key: str, state: Mapping[str, Any], number: int, body: AsyncIterable[bytes], *, size: int, offset: int
    ) -> str:
        async with self._store.call():
            return await self._parts.put_part(key, state, number, body, size=size, offset=offset)

    async def join(
        self, key: str, state: Mapping[str, Any], parts: Sequence[StoredPart], *, is_all: bool, scratch: str
    ) -> None:
        async with self._store.call():
            await self._parts.join(key, state, parts, is_all=is_all, scratch=scratch)
