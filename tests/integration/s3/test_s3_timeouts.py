"""How long the S3 blob store waits, how often it asks, and when its circuit keeps it from asking."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aioboto3
import pytest

from adapters.circuit import Circuit, CircuitBlobStore
from adapters.s3 import S3BlobStore, S3Bucket, S3DirectAccess, connect_s3
from domain.blobs.errors import BlobStoreRefusedError, BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.store import payload, read, stream
from tests.fakes.clock import FakeClock
from tests.harness.fault_proxy import Exchange, HttpProxy, effects
from tests.harness.fault_proxy.http import SLOW_DOWN, http_answer, s3_error
from tests.integration.s3.conftest import BUCKET, TIMEOUT_SECONDS
from tests.support.parts.containers import LocalStack

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

ATTEMPTS = 3
SHORT = 0.2
PART = 8 * 1024**2


@pytest.fixture
async def proxy(localstack: LocalStack, s3_client: "S3Client") -> AsyncIterator[HttpProxy]:
    """A line to LocalStack, which has the bucket."""
    async with HttpProxy(localstack.endpoint_url).listening() as proxy:
        yield proxy


@asynccontextmanager
async def store_at(
    proxy: HttpProxy,
    session: aioboto3.Session,
    prefix: str,
    *,
    try_timeout: float = TIMEOUT_SECONDS,
    all_tries_timeout: float = TIMEOUT_SECONDS,
    idle_timeout: float = 20,
) -> AsyncIterator[S3BlobStore]:
    async with connect_s3(
        endpoint_url=proxy.url,
        session=session,
        attempts=ATTEMPTS,
        request_timeout=try_timeout,
        idle_timeout=idle_timeout,
    ) as connection:
        yield S3BlobStore(S3Bucket(connection, BUCKET, prefix, timeout=all_tries_timeout))


async def test_an_endpoint_that_never_answers_is_unavailable(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str
) -> None:
    async with store_at(proxy, aws_session, prefix, all_tries_timeout=SHORT) as store:
        with proxy.fault(effects.swallow):
            with pytest.raises(BlobStoreUnavailableError):
                await store.open(new_blob_key()).__aenter__()
            with pytest.raises(BlobStoreUnavailableError):
                await store.put(new_blob_key(), stream(b"bytes"), size=5)
            with pytest.raises(BlobStoreUnavailableError):
                await store.abort(new_blob_key())
            with pytest.raises(BlobStoreUnavailableError):
                await store.check()


async def test_a_try_that_is_not_answered_is_repeated_on_another_connection(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str
) -> None:
    async with store_at(proxy, aws_session, prefix, try_timeout=4) as store:
        with (
            proxy.fault(effects.answer(http_answer(b"bytes"))) as answered,
            proxy.fault(effects.swallow, times=1) as swallowed,
        ):
            assert await read(store, new_blob_key()) == b"bytes"
    assert (len(swallowed.met), len(answered.met)) == (1, 1)


async def test_a_read_that_stalls_ends(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str, store: S3BlobStore
) -> None:
    data, key = payload(600_000), new_blob_key()
    taken = bytearray()

    async def read_on(impatient: S3BlobStore) -> None:
        async with impatient.open(key) as chunks:
            async for chunk in chunks:
                taken.extend(chunk)

    await store.put(key, stream(data), size=None)
    async with store_at(proxy, aws_session, prefix, idle_timeout=2) as impatient:
        with proxy.fault(effects.stall(-300_000), "GET"), pytest.raises(BlobStoreUnavailableError):
            await read_on(impatient)
    assert taken
    assert data.startswith(taken)


async def test_an_object_may_take_longer_to_assemble_than_another_answer(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str
) -> None:
    created = effects.answer(http_answer(b"<Created><UploadId>upload</UploadId></Created>"))
    sent = effects.answer(b'HTTP/1.1 200 OK\r\nConnection: close\r\nETag: "part"\r\nContent-Length: 0\r\n\r\n')

    async def think_long(_: Exchange) -> bytes:
        await asyncio.sleep(1.5)
        return http_answer(b"<CompleteMultipartUploadResult/>")

    async with store_at(proxy, aws_session, prefix, try_timeout=2) as store:
        with (
            proxy.fault(created, "POST"),
            proxy.fault(sent, "PUT"),
            proxy.fault(think_long, "POST .*uploadId=") as completion,
        ):
            await store.put(new_blob_key(), stream(payload(PART + 1)), size=None)
    assert len(completion.met) == 1


async def test_a_copy_may_take_longer_than_another_answer(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str
) -> None:
    async def think_long(_: Exchange) -> bytes:
        await asyncio.sleep(1.5)
        return http_answer(b"<CopyObjectResult><ETag>copy</ETag></CopyObjectResult>")

    async with connect_s3(
        endpoint_url=proxy.url, session=aws_session, attempts=ATTEMPTS, request_timeout=2
    ) as connection:
        direct = S3DirectAccess(S3Bucket(connection, BUCKET, prefix, timeout=2), signing=connection.client, life=1)
        with proxy.fault(think_long, "PUT") as copying:
            assert await direct.copy(new_blob_key(), new_blob_key(), size=10) is None
    assert len(copying.met) == 1


@pytest.mark.parametrize(
    ("answer", "asked_times", "is_refusal"),
    [
        (SLOW_DOWN, ATTEMPTS, False),
        (s3_error("500 Internal Server Error", "InternalError"), ATTEMPTS, False),
        (http_answer(b"", "429 Too Many Requests"), 1, False),
        (s3_error("403 Forbidden", "AccessDenied"), 1, True),
        (s3_error("404 Not Found", "NoSuchBucket"), 1, True),
    ],
)
async def test_a_passing_failure_is_tried_a_few_times_and_a_lasting_one_once(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str, answer: bytes, asked_times: int, is_refusal: bool
) -> None:
    async with store_at(proxy, aws_session, prefix) as store:
        with proxy.fault(effects.answer(answer)) as fault, pytest.raises(BlobStoreUnavailableError) as raised:
            await store.put(new_blob_key(), stream(b"bytes"), size=5)
    assert isinstance(raised.value, BlobStoreRefusedError) == is_refusal
    assert len(fault.met) == asked_times


async def test_a_store_that_says_slow_down_once_is_asked_again(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str
) -> None:
    key = new_blob_key()
    async with store_at(proxy, aws_session, prefix) as store:
        with proxy.fault(effects.answer(SLOW_DOWN), times=1) as refusal:
            await store.put(key, stream(b"bytes"), size=5)
        assert await read(store, key) == b"bytes"
    assert refusal.met


async def test_a_store_that_keeps_saying_slow_down_is_left_alone_until_a_probe(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str
) -> None:
    clock, changes = FakeClock(), list[bool]()
    async with store_at(proxy, aws_session, prefix) as bare:
        store = CircuitBlobStore(bare, Circuit(clock, failures=2, pause=5, on_change=changes.append), check_timeout=60)
        with proxy.fault(effects.answer(SLOW_DOWN)) as refusal:
            for _ in range(2 + 20):
                with pytest.raises(BlobStoreUnavailableError):
                    await store.put(new_blob_key(), stream(b"bytes"), size=5)
            assert len(refusal.met) == 2 * ATTEMPTS
        clock.advance(5)
        key = new_blob_key()
        await store.put(key, stream(b"bytes"), size=5)
        assert await read(store, key) == b"bytes"
    assert changes == [True, False]
