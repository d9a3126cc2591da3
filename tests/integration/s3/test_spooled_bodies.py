"""Bodies that wait on the disk for their turn keep the contracts, too, and outlive failures of the line."""

import pytest

from adapters.s3 import S3BlobStore, S3Bucket
from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.store import TestBlobStore, payload, read, stream
from tests.contracts.partial_blobs.partial_blobs import TestPartialBlobs
from tests.harness.fault_proxy import Effect, effects
from tests.harness.fault_proxy.http import SLOW_DOWN
from tests.integration.s3.conftest import Line

__all__ = ["TestBlobStore", "TestPartialBlobs"]

PART = 8 * 1024**2


@pytest.fixture
def boundary() -> int:
    return PART


@pytest.fixture
def store(bucket: S3Bucket) -> S3BlobStore:
    """A store without memory."""
    return S3BlobStore(bucket, memory_size=0)


@pytest.mark.parametrize("size", [PART - 1, 2 * PART + 1])
@pytest.mark.parametrize("breaks", [effects.lose_answer, effects.cut_midway, effects.answer(SLOW_DOWN)])
async def test_a_spooled_part_is_sent_again(line: Line, size: int, breaks: Effect) -> None:
    line.store.memory.total, data, key = 0, payload(size), new_blob_key()
    with line.proxy.fault(breaks, "PUT", times=1) as fault:
        await line.store.put(key, stream(data), size=None)
    assert fault.met
    assert await read(line.store, key) == data


async def test_a_spooled_part_that_fails_ends_the_upload(line: Line) -> None:
    line.store.memory.total = 0
    with line.proxy.fault(effects.cut, "PUT .*partNumber=2"), pytest.raises(BlobStoreUnavailableError):
        await line.store.put(new_blob_key(), stream(payload(3 * PART)), size=None)
    assert [each async for each in line.store.list_unfinished()] == []
