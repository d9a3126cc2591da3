"""What the S3 blob store does when S3, or the line to it, fails."""

import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aioboto3
import pytest

from adapters.s3 import S3BlobStore, S3Bucket, S3Connection, connect_s3
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.model import StoredBlob, new_blob_key
from tests.contracts.blob_store.store import is_missing, payload, read, stream
from tests.harness.fault_proxy import Exchange, effects
from tests.harness.fault_proxy.http import http_answer
from tests.integration.s3.conftest import BUCKET, Line

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

PART = 8 * 1024**2
COMPLETION = "POST .*uploadId="


async def unfinished_uploads(client: "S3Client", prefix: str) -> list[str]:
    listed = await client.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix)
    return [upload["Key"] for upload in listed.get("Uploads", ())]


@asynccontextmanager
async def store_at(url: str, session: aioboto3.Session) -> AsyncIterator[S3BlobStore]:
    async with connect_s3(endpoint_url=url, session=session, attempts=1) as connection:
        yield S3BlobStore(S3Bucket(connection, BUCKET))


async def test_a_read_that_the_line_cuts_short_ends_in_an_error(line: Line, store: S3BlobStore) -> None:
    data, key = payload(1_000_000), new_blob_key()
    await store.put(key, stream(data), size=None)

    taken = bytearray()

    async def read_on() -> None:
        async with line.store.open(key) as chunks:
            async for chunk in chunks:
                taken.extend(chunk)

    with line.proxy.fault(effects.truncate(-1, reset=False), "GET"), pytest.raises(BlobStoreUnavailableError):
        await read_on()
    assert data.startswith(taken)


async def test_a_read_that_breaks_before_its_first_chunk_fails_before_it_begins(line: Line, store: S3BlobStore) -> None:
    key = new_blob_key()
    await store.put(key, stream(payload(1_000_000)), size=None)
    with line.proxy.fault(effects.truncate(-999_999, reset=False), "GET"), pytest.raises(BlobStoreUnavailableError):
        await line.store.open(key).__aenter__()


@pytest.mark.parametrize("size", [10, PART - 1, PART + 1])
async def test_a_body_that_the_line_damages_is_refused(
    line: Line, s3_client: "S3Client", prefix: str, size: int
) -> None:
    async def damage(exchange: Exchange) -> bytes:
        return await exchange.forward(exchange.payload[:-1] + bytes([exchange.payload[-1] ^ 1]))

    key = new_blob_key()
    with line.proxy.fault(damage, "PUT"), pytest.raises(BlobStoreUnavailableError):
        await line.store.put(key, stream(payload(size)), size=size)
    assert await is_missing(line.store, key)
    assert await unfinished_uploads(s3_client, prefix) == []


async def test_an_answer_that_is_lost_once_is_asked_for_again(line: Line) -> None:
    data, key = payload(2 * PART + 1), new_blob_key()
    with line.proxy.fault(effects.lose_answer, "PUT .*partNumber=2", times=1) as fault:
        await line.store.put(key, stream(data), size=None)
    assert await read(line.store, key) == data
    assert fault.met


async def test_an_upload_that_was_created_twice_leaves_one(line: Line, s3_client: "S3Client", prefix: str) -> None:
    data, key = payload(2 * PART), new_blob_key()
    with line.proxy.fault(effects.lose_answer, r"POST .*\?uploads", times=1) as fault:
        await line.store.put(key, stream(data), size=None)
    assert fault.met
    assert await read(line.store, key) == data
    assert await unfinished_uploads(s3_client, prefix) == []


async def test_a_part_that_fails_aborts_the_upload(line: Line, s3_client: "S3Client", prefix: str) -> None:
    key = new_blob_key()
    with (
        line.proxy.fault(effects.lose_answer, "PUT .*partNumber=2"),
        pytest.raises(BlobStoreUnavailableError),
    ):
        await line.store.put(key, stream(payload(4 * PART)), size=None)
    assert await is_missing(line.store, key)
    assert await unfinished_uploads(s3_client, prefix) == []
    assert line.store.memory.held == 0


async def test_an_upload_whose_completion_was_answered_in_vain_is_stored(line: Line) -> None:
    data, key = payload(PART + 1), new_blob_key()
    with line.proxy.fault(effects.lose_answer, COMPLETION):
        await line.store.put(key, stream(data), size=None)
    assert await read(line.store, key) == data


async def test_an_error_inside_an_answer_of_200_is_an_error(line: Line, s3_client: "S3Client", prefix: str) -> None:
    fail = effects.answer(http_answer(b"<?xml version='1.0'?><Error><Code>InternalError</Code></Error>"))
    key = new_blob_key()
    with line.proxy.fault(fail, COMPLETION), pytest.raises(BlobStoreUnavailableError):
        await line.store.put(key, stream(payload(PART + 1)), size=None)
    assert await is_missing(line.store, key)
    assert await unfinished_uploads(s3_client, prefix) == []


async def test_keys_that_were_not_deleted_are_told_apart(line: Line) -> None:
    refused, others = new_blob_key(), [new_blob_key() for _ in range(2)]

    async def refuse(exchange: Exchange) -> bytes:
        (object_key,) = re.findall(f"<Key>([^<]*{refused})</Key>".encode(), exchange.payload)
        return http_answer(
            b"<DeleteResult><Error><Key>%b</Key><Code>AccessDenied</Code></Error></DeleteResult>" % object_key
        )

    with line.proxy.fault(refuse):
        assert await line.store.delete([*others, refused]) == {refused}


async def test_an_answer_about_other_keys_than_those_deleted_is_an_error(line: Line) -> None:
    confusion = b"<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>"
    with line.proxy.fault(effects.answer(http_answer(confusion))), pytest.raises(BlobStoreUnavailableError):
        await line.store.delete([new_blob_key()])


async def test_a_bucket_that_cannot_be_written_fails_the_check(line: Line) -> None:
    refuse = effects.answer(http_answer(b"", "403 Forbidden"))
    with line.proxy.fault(refuse, "PUT"), pytest.raises(BlobStoreUnavailableError):
        await line.store.check()
    await line.store.check()


async def test_an_upload_that_could_not_be_aborted_is_aborted_later(
    line: Line, s3_client: "S3Client", prefix: str
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield payload(PART + 1)
        raise EOFError

    key = new_blob_key()
    with line.proxy.fault(effects.cut, "DELETE"), pytest.raises(EOFError):
        await line.store.put(key, body(), size=None)
    assert len(await unfinished_uploads(s3_client, prefix)) == 1
    await line.store.abort(key)
    assert await unfinished_uploads(s3_client, prefix) == []


async def test_a_bucket_that_does_not_exist_is_no_store(s3: S3Connection) -> None:
    store = S3BlobStore(S3Bucket(s3, "no-such-bucket"))
    key = new_blob_key()
    with pytest.raises(BlobStoreUnavailableError):
        await store.check()
    with pytest.raises(BlobStoreUnavailableError):
        await store.put(key, stream(b"bytes"), size=5)
    with pytest.raises(BlobStoreUnavailableError):
        await store.open(key).__aenter__()
    with pytest.raises(BlobStoreUnavailableError):
        await store.delete([key])
    with pytest.raises(BlobStoreUnavailableError):
        await store.get_size(key)
    with pytest.raises(BlobStoreUnavailableError):
        await anext(store.list_stored())
    with pytest.raises(BlobStoreUnavailableError):
        await anext(store.list_unfinished())


async def test_an_endpoint_that_is_down_is_unavailable(aws_session: aioboto3.Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    async with store_at(url, aws_session) as store:
        key = new_blob_key()
        with pytest.raises(BlobStoreUnavailableError):
            await store.check()
        with pytest.raises(BlobStoreUnavailableError):
            await store.put(key, stream(b"bytes"), size=5)
        with pytest.raises(BlobStoreUnavailableError):
            await store.open(key).__aenter__()
        with pytest.raises(BlobStoreUnavailableError):
            await store.delete([key])
        with pytest.raises(BlobStoreUnavailableError):
            await store.abort(key)
        with pytest.raises(BlobStoreUnavailableError):
            await store.get_size(key)
        with pytest.raises(BlobStoreUnavailableError):
            await anext(store.list_stored())
        with pytest.raises(BlobStoreUnavailableError):
            await anext(store.list_unfinished())


async def test_settings_that_make_no_client_are_refused() -> None:
    with pytest.raises(BlobStoreUnavailableError):
        await connect_s3(endpoint_url="not a url").__aenter__()


async def test_a_missing_object_is_told_from_a_missing_bucket(store: S3BlobStore) -> None:
    with pytest.raises(BlobMissingError):
        await store.open(new_blob_key()).__aenter__()


async def test_a_listing_whose_second_page_is_lost_ends_in_an_error(line: Line, prefix: str) -> None:
    key = new_blob_key()
    first = (
        "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>"
        f"<Contents><Key>{prefix}{key[-2:]}/{key}</Key><Size>5</Size></Contents></ListBucketResult>"
    )
    with (
        line.proxy.fault(effects.answer(http_answer(first.encode()))),
        line.proxy.fault(effects.cut, "GET .*continuation-token"),
    ):
        listing = line.store.list_stored()
        assert await anext(listing) == StoredBlob(key=key, size=5)
        with pytest.raises(BlobStoreUnavailableError):
            await anext(listing)
