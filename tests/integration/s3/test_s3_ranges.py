"""Parts of objects: the requests to S3, the bytes that move, and the handling of wrong answers."""

import re
from collections.abc import AsyncIterator

import aioboto3
import pytest

from adapters.s3 import S3BlobStore, S3Bucket, connect_s3
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError
from domain.blobs.model import new_blob_key
from domain.values.ranges import ByteRange
from tests.contracts.blob_store.store import payload, read, stream
from tests.harness.fault_proxy import Exchange, HttpProxy, effects
from tests.integration.s3.conftest import BUCKET, TIMEOUT_SECONDS
from tests.support.parts.containers import LocalStack

KIBIBYTE = 1024
DATA = payload(20 * KIBIBYTE**2)
PART = ByteRange(7 * KIBIBYTE**2 + 5, KIBIBYTE)


@pytest.fixture
async def proxy(localstack: LocalStack) -> AsyncIterator[HttpProxy]:
    async with HttpProxy(localstack.endpoint_url).listening() as proxy:
        yield proxy


@pytest.fixture
async def watched(proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str) -> AsyncIterator[S3BlobStore]:
    """A store whose requests and answers pass the proxy."""
    async with connect_s3(
        endpoint_url=proxy.url, session=aws_session, attempts=1, request_timeout=TIMEOUT_SECONDS
    ) as connection:
        yield S3BlobStore(S3Bucket(connection, BUCKET, prefix, timeout=TIMEOUT_SECONDS))


async def test_a_kibibyte_of_a_large_object_moves_a_kibibyte(
    proxy: HttpProxy, watched: S3BlobStore, store: S3BlobStore
) -> None:
    key = new_blob_key()
    await store.put(key, stream(DATA), size=len(DATA))
    passed: list[tuple[bytes, bytes]] = []

    async def watch(exchange: Exchange) -> bytes:
        answer = await exchange.forward()
        passed.append((exchange.payload, answer))
        return answer

    with proxy.fault(watch):
        assert await read(watched, key, PART) == DATA[PART.start : PART.end]
    [(request, answer)] = passed
    ranges = re.findall(rb"\r\nrange: *([^\r]*)\r\n", request, re.IGNORECASE)
    assert ranges == [b"bytes=%d-%d" % (PART.start, PART.end - 1)]
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 206 ")
    assert len(body) == KIBIBYTE


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1024", BlobStoreRefusedError, id="the whole"),
        pytest.param(
            b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1023/9999999\r\nContent-Length: 1024",
            BlobStoreRefusedError,
            id="another part",
        ),
        pytest.param(
            b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %d-%d/9999999\r\nContent-Length: 1025"
            % (PART.start, PART.end),
            BlobStoreRefusedError,
            id="a longer part",
        ),
        pytest.param(
            b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %d-%d/%d\r\nContent-Length: 1023"
            % (PART.start, PART.end - 2, PART.end - 1),
            BlobMissingError,
            id="the beginning of the part",
        ),
    ],
)
async def test_another_part_than_was_asked_for_is_never_passed_on(
    proxy: HttpProxy, watched: S3BlobStore, answer: bytes, error: type[Exception]
) -> None:
    length = int(answer.rpartition(b" ")[2])
    wrong = effects.answer(answer + b"\r\nConnection: close\r\n\r\n" + bytes(length))
    with proxy.fault(wrong), pytest.raises(error, match=r"another part|Some of"):
        await read(watched, new_blob_key(), PART)
