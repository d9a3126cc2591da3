"""The calls of a blob store, and a store whose answers a test holds back."""

import anyio
import pytest

from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobStore
from tests.contracts.blob_store.store import stream
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore

FAILURES = 3
PAUSE = 4.0
LONGEST_PAUSE = 10.0


class ProbedBlobStore(FakeBlobStore):
    """Counts its checks. A test may let them wait."""

    def __init__(self) -> None:
        super().__init__(chunk_size=1000)
        self.checks = 0
        self.asked = anyio.Event()
        self.may_answer = anyio.Event()
        self.may_answer.set()

    async def check(self) -> None:
        self.checks += 1
        self.asked.set()
        await self.may_answer.wait()
        await super().check()


class Draw:
    """What is drawn for the next pause, from 0 to 1."""

    def __init__(self) -> None:
        self.next = 0.0

    def __call__(self) -> float:
        return self.next


async def put(store: BlobStore) -> None:
    await store.put(new_blob_key(), stream(b"bytes"), size=5)


async def fail(store: BlobStore, blobs: FakeBlobStore, times: int) -> None:
    blobs.fail_with = BLOB_STORE_DOWN
    for _ in range(times):
        with pytest.raises(BlobStoreUnavailableError) as raised:
            await put(store)
        assert raised.value is BLOB_STORE_DOWN


async def refuses(store: BlobStore) -> int:
    """Expect a refusal that did not come from the store, and return when to try again."""
    with pytest.raises(BlobStoreUnavailableError) as raised:
        await store.admit()
    assert raised.value is not BLOB_STORE_DOWN
    return raised.value.retry_after
