"""The fake way into the blob store keeps the port's contract."""

import pytest

from tests.contracts.blob_store.direct_access import Answer, Send, TestDirectAccess
from tests.fakes.blobs.direct_access import FakeDirectAccess
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.clock import FakeClock

__all__ = ["TestDirectAccess"]


@pytest.fixture
def store() -> FakeBlobStore:
    return FakeBlobStore()


@pytest.fixture
def direct(store: FakeBlobStore) -> FakeDirectAccess:
    return FakeDirectAccess(store, FakeClock())


@pytest.fixture
def send(direct: FakeDirectAccess) -> Send:
    async def send(method: str, url: str, content: bytes = b"") -> Answer:
        found = direct.send(method, url, content)
        return Answer(found.status, found.headers, found.content)

    return send
