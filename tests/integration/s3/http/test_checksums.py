"""The checksum of each body: CRC-32 where the store compares it, else MD5."""

import hashlib
import re
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import aioboto3
import pytest

from adapters.s3 import S3BlobStore, S3Connection
from domain.blobs.errors import BlobStoreRefusedError
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.store import payload, read, stream
from tests.harness.fault_proxy import Exchange, HttpProxy, effects
from tests.harness.fault_proxy.exchange import Effect
from tests.harness.fault_proxy.http import s3_error
from tests.integration.s3.conftest import BUCKET
from tests.integration.s3.http.test_requests import store_at
from tests.support.parts.containers import LocalStack

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

PART = 8 * 1024**2
CHECKSUM = re.compile(rb"\r\n(content-md5|x-amz-checksum-[a-z0-9]+): ([^\r]*)", re.IGNORECASE)
MD5, CRC32 = "content-md5", "x-amz-checksum-crc32"


@pytest.fixture
async def proxy(localstack: LocalStack, s3: S3Connection) -> AsyncIterator[HttpProxy]:
    async with HttpProxy(localstack.endpoint_url).listening() as proxy:
        yield proxy


def crc32(data: bytes) -> str:
    return b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def md5(data: bytes) -> str:
    return b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def without_crc32(answer: bytes) -> bytes:
    return re.sub(rb"\r\nx-amz-checksum-[^\r]*", b"", answer, flags=re.IGNORECASE)


async def know(exchange: Exchange) -> bytes:
    """Compare what the store compares."""
    return await exchange.forward()


async def ignore(exchange: Exchange) -> bytes:
    """Know no checksum but MD5."""
    return without_crc32(await exchange.forward(without_crc32(exchange.payload)))


async def refuse(exchange: Exchange) -> bytes:
    """Know no checksum but MD5, and refuse others, as Backblaze B2 does."""
    if b"\r\nx-amz-checksum-" in exchange.payload:
        return s3_error("400 Bad Request", "InvalidArgument")
    return await exchange.forward()


def watched(effect: Effect, checksums: list[tuple[str, str]]) -> Effect:
    async def watch(exchange: Exchange) -> bytes:
        if found := CHECKSUM.search(exchange.payload.partition(b"\r\n\r\n")[0]):
            checksums.append((found[1].decode().lower(), found[2].decode()))
        return await effect(exchange)

    return watch


async def test_a_body_has_the_crc32_that_the_store_compares(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str, s3_client: "S3Client"
) -> None:
    sent: list[tuple[str, str]] = []
    key = new_blob_key()
    async with store_at(proxy.url, aws_session, prefix) as store:
        with proxy.fault(watched(know, sent), "PUT"):
            await store.put(key, stream(b"bytes"), size=5)
    assert sent == [(CRC32, crc32(b"bytes"))]
    found = await s3_client.head_object(Bucket=BUCKET, Key=f"{prefix}{key[-2:]}/{key}", ChecksumMode="ENABLED")
    assert found["ChecksumCRC32"] == crc32(b"bytes")


async def test_each_part_has_the_crc32_that_the_store_compares(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str
) -> None:
    sent: list[tuple[str, str]] = []
    data, key = payload(PART + 5), new_blob_key()
    async with store_at(proxy.url, aws_session, prefix) as store:
        with proxy.fault(watched(know, sent), "PUT"):
            await store.put(key, stream(data), size=None)
        assert await read(store, key) == data
    assert set(sent) == {(CRC32, crc32(data[:PART])), (CRC32, crc32(data[PART:]))}


@pytest.mark.parametrize("unknowing", [ignore, refuse])
async def test_a_store_that_does_not_know_crc32_gets_md5_from_then_on(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str, unknowing: Effect
) -> None:
    sent: list[tuple[str, str]] = []
    keys = [new_blob_key() for _ in range(2)]
    async with store_at(proxy.url, aws_session, prefix) as store:
        with proxy.fault(watched(unknowing, sent), "PUT"):
            for key in keys:
                await store.put(key, stream(b"bytes"), size=5)
        assert [await read(store, key) for key in keys] == [b"bytes"] * 2
    assert sent == [(CRC32, crc32(b"bytes")), (MD5, md5(b"bytes")), (MD5, md5(b"bytes"))]


@pytest.mark.parametrize("unknowing", [ignore, refuse])
async def test_parts_for_a_store_that_does_not_know_crc32_have_md5(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str, unknowing: Effect
) -> None:
    sent: list[tuple[str, str]] = []
    data, key = payload(PART + 5), new_blob_key()
    async with store_at(proxy.url, aws_session, prefix) as store:
        with proxy.fault(watched(unknowing, sent), "PUT|POST"):
            await store.put(key, stream(data), size=None)
        assert await read(store, key) == data
    assert {each for each in sent if each[0] != "x-amz-checksum-algorithm"} == {
        (MD5, md5(data[:PART])),
        (MD5, md5(data[PART:])),
    }


async def test_a_refusal_of_the_body_itself_is_not_taken_for_one_of_its_checksum(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str, store: S3BlobStore
) -> None:
    key = new_blob_key()
    async with store_at(proxy.url, aws_session, prefix) as other:
        with (
            proxy.fault(effects.answer(s3_error("400 Bad Request", "InvalidArgument")), "PUT"),
            pytest.raises(BlobStoreRefusedError),
        ):
            await other.put(key, stream(b"bytes"), size=5)
        sent: list[tuple[str, str]] = []
        with proxy.fault(watched(know, sent), "PUT"):
            await other.put(key, stream(b"bytes"), size=5)
    assert sent == [(CRC32, crc32(b"bytes"))]
    assert await read(store, key) == b"bytes"
