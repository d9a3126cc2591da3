"""Signed requests to S3 keep the port's contract, and their own promises."""

from collections.abc import AsyncIterator
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urlsplit

import aioboto3
import httpx
import pytest

from adapters.s3 import S3BlobStore, S3Bucket, S3DirectAccess, connect_s3
from adapters.s3.multipart import concatenation
from domain.blobs.errors import BlobMissingError
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.direct_access import HEADERS, Answer, Send, TestDirectAccess
from tests.contracts.blob_store.store import payload, read, stream
from tests.harness.fault_proxy import HttpProxy, effects
from tests.integration.s3.conftest import BUCKET, TIMEOUT_SECONDS
from tests.support.parts.containers import LocalStack

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

__all__ = ["TestDirectAccess"]

LIFE = 60
MIB = 1024**2


@pytest.fixture
def direct(bucket: S3Bucket, s3_client: "S3Client") -> S3DirectAccess:
    return S3DirectAccess(bucket, signing=s3_client, life=LIFE)


@pytest.fixture
async def send() -> AsyncIterator[Send]:
    async with httpx.AsyncClient(timeout=60) as client:

        async def send(method: str, url: str, content: bytes = b"") -> Answer:
            answer = await client.request(method, url, content=content)
            return Answer(answer.status_code, answer.headers, answer.content)

        yield send


async def test_a_copy_in_one_request_tells_the_sum_of_the_whole_and_one_in_parts_does_not(
    bucket: S3Bucket, s3_client: "S3Client", store: S3BlobStore, direct: S3DirectAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, content = new_blob_key(), payload(11 * MIB)
    await store.put(source, stream(content), size=None)
    assert await direct.copy(source, new_blob_key(), size=len(content)) == sha256(content).hexdigest()
    monkeypatch.setattr(concatenation, "_COPY_SIZE", 5 * MIB)
    small = S3DirectAccess(bucket, signing=s3_client, life=LIFE, largest_copy=5 * MIB)
    key = new_blob_key()
    assert await small.copy(source, key, size=len(content)) is None
    assert await read(store, key) == content
    with pytest.raises(BlobMissingError):
        await small.copy(new_blob_key(), new_blob_key(), size=len(content))
    assert [each async for each in store.list_unfinished()] == []


class Line(NamedTuple):
    """A way in that copies no more than 5 MiB at once, and the line to it."""

    direct: S3DirectAccess
    proxy: HttpProxy


@pytest.fixture
async def line(
    localstack: LocalStack, aws_session: aioboto3.Session, s3_client: "S3Client", prefix: str
) -> AsyncIterator[Line]:
    async with (
        HttpProxy(localstack.endpoint_url).listening() as proxy,
        connect_s3(
            endpoint_url=proxy.url, session=aws_session, attempts=2, request_timeout=TIMEOUT_SECONDS
        ) as connection,
    ):
        direct = S3DirectAccess(
            S3Bucket(connection, BUCKET, prefix, timeout=TIMEOUT_SECONDS),
            signing=s3_client,
            life=LIFE,
            largest_copy=5 * MIB,
        )
        yield Line(direct, proxy)


@pytest.mark.parametrize("lost", [r"POST .*\?uploads", "PUT .*partNumber=1", "POST .*uploadId="])
async def test_a_copy_in_parts_outlives_an_answer_that_is_lost(
    line: Line, store: S3BlobStore, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    monkeypatch.setattr(concatenation, "_COPY_SIZE", 5 * MIB)
    source, key, content = new_blob_key(), new_blob_key(), payload(5 * MIB + 1)
    await store.put(source, stream(content), size=None)
    with line.proxy.fault(effects.lose_answer, lost, times=1) as fault:
        await line.direct.copy(source, key, size=len(content))
    assert fault.met
    assert await read(store, key) == content
    assert [each async for each in store.list_unfinished()] == []


async def test_parts_are_joined_although_the_answer_is_lost(line: Line, store: S3BlobStore) -> None:
    key = new_blob_key()
    multipart_id = await line.direct.begin_parts(key)
    request = await line.direct.sign_part(key, multipart_id, 1, size=5)
    async with httpx.AsyncClient(timeout=60) as client:
        assert (await client.put(request.url, content=b"bytes")).status_code == 200
    parts = await line.direct.list_parts(key, multipart_id) or []
    with line.proxy.fault(effects.lose_answer, "POST .*uploadId=", times=1) as fault:
        await line.direct.join_parts(key, multipart_id, parts)
    assert fault.met
    assert await read(store, key) == b"bytes"


async def test_only_the_bytes_of_a_signed_request_are_copied(
    s3_client: "S3Client", store: S3BlobStore, direct: S3DirectAccess
) -> None:
    source, key = new_blob_key(), new_blob_key()
    request = await direct.sign_write(source, size=5)
    meant = {"Content-Type": "text/html", "Content-Encoding": "gzip", "Content-Language": "tlh"}
    async with httpx.AsyncClient(timeout=60) as client:
        assert (await client.put(request.url, content=b"bytes", headers=meant)).status_code == 200
        await direct.copy(source, key, size=5)
        found = await client.get(await direct.sign_read(key, "GET", HEADERS))
    assert (found.content, found.headers["content-type"]) == (b"bytes", HEADERS.content_type)
    assert not {"content-encoding", "content-language"} & set(found.headers)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
async def test_a_url_is_signed_by_the_present_version_for_the_endpoint_that_clients_reach(region: str) -> None:
    session = aioboto3.Session(aws_access_key_id="id", aws_secret_access_key="secret", region_name=region)
    for endpoint_url, host in (("https://files.example.test:9000", "files.example.test:9000"), (None, "amazonaws.com")):
        async with connect_s3(endpoint_url=endpoint_url, session=session) as signing:
            url = urlsplit(
                await S3DirectAccess(S3Bucket(signing, BUCKET), signing=signing.client, life=LIFE).sign_read(
                    new_blob_key(), "GET", HEADERS
                )
            )
        assert url.netloc.endswith(host)
        query = parse_qs(url.query)
        assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
        assert query["X-Amz-Expires"] == [str(LIFE)]
        assert query["X-Amz-Credential"][0].split("/")[2:4] == [region, "s3"]
