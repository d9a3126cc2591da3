"""Multipart uploads by boto's clients, on servers with real parts."""

import hashlib
import io
import os
import secrets
from collections.abc import AsyncIterator
from typing import Any, Literal

import aioboto3
import anyio
import boto3.s3.transfer
import pytest
from anyio.to_thread import run_sync
from botocore.exceptions import ClientError
from types_aiobotocore_s3 import S3Client

from tests.integration.service.s3.conftest import S3Server
from tests.support.clients import ROOT_KEY
from tests.support.s3 import REGION

MIB = 1024**2
LEAST = 5 * MIB
TRANSFER: Any = {"multipart_threshold": LEAST, "multipart_chunksize": LEAST, "max_concurrency": 8}

Algorithm = Literal["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]
Kind = Literal["COMPOSITE", "FULL_OBJECT"]


@pytest.fixture
def key() -> str:
    return f"multipart/{secrets.token_hex(8)}"


@pytest.fixture
async def boto(s3_server: S3Server) -> AsyncIterator[S3Client]:
    """A client of boto's at the port of the protocol."""
    session = aioboto3.Session(aws_access_key_id="root", aws_secret_access_key=ROOT_KEY, region_name=REGION)
    async with session.client("s3", endpoint_url=s3_server.own_url) as client:
        yield client


class Upload:
    """An upload by a client, with the parts that it has sent."""

    def __init__(self, boto: S3Client, key: str, id: str) -> None:
        self._boto = boto
        self._at: Any = {"Bucket": "default", "Key": key, "UploadId": id}
        self._parts: dict[int, Any] = {}

    @classmethod
    async def begin(cls, boto: S3Client, key: str, **options: Any) -> "Upload":
        begun = await boto.create_multipart_upload(Bucket="default", Key=key, **options)
        return cls(boto, key, begun["UploadId"])

    async def put(self, number: int, body: bytes, **options: Any) -> None:
        sent = await self._boto.upload_part(**self._at, PartNumber=number, Body=body, **options)
        checksums = {name: value for name, value in sent.items() if name.startswith("Checksum")}
        self._parts[number] = {"PartNumber": number, "ETag": sent["ETag"], **checksums}

    async def copy(self, number: int, source: str, range_: str | None = None) -> None:
        asked: Any = {} if range_ is None else {"CopySourceRange": range_}
        copied = await self._boto.upload_part_copy(
            **self._at, PartNumber=number, CopySource={"Bucket": "default", "Key": source}, **asked
        )
        self._parts[number] = {"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]}

    async def complete(self, *numbers: int, **options: Any) -> Any:
        parts = [self._parts[number] for number in numbers or sorted(self._parts)]
        return await self._boto.complete_multipart_upload(**self._at, MultipartUpload={"Parts": parts}, **options)

    async def abort(self) -> None:
        await self._boto.abort_multipart_upload(**self._at)


async def content(boto: S3Client, key: str) -> bytes:
    found = await boto.get_object(Bucket="default", Key=key)
    return await found["Body"].read()


def tag_of(*parts: bytes) -> str:
    md5s = b"".join(hashlib.md5(part, usedforsecurity=False).digest() for part in parts)
    return f'"{hashlib.md5(md5s, usedforsecurity=False).hexdigest()}-{len(parts)}"'


async def test_botos_transfers_send_and_receive_in_parallel_parts(s3_server: S3Server, key: str) -> None:
    sdk: Any = boto3  # has no types

    def transfer(data: bytes) -> tuple[bytes, str]:
        config = sdk.s3.transfer.TransferConfig(**TRANSFER)
        client = sdk.client(
            "s3",
            endpoint_url=s3_server.own_url,
            region_name=REGION,
            aws_access_key_id="root",
            aws_secret_access_key=ROOT_KEY,
        )
        client.upload_fileobj(io.BytesIO(data), "default", key, Config=config)
        received = io.BytesIO()
        client.download_fileobj("default", key, received, Config=config)
        return received.getvalue(), client.head_object(Bucket="default", Key=key)["ETag"]

    data = os.urandom(6 * LEAST + 17)
    received, etag = await run_sync(transfer, data)
    assert received == data
    assert etag == tag_of(*(data[start : start + LEAST] for start in range(0, len(data), LEAST)))


async def test_parts_out_of_order_sent_again_and_left_out(boto: S3Client, key: str) -> None:
    upload = await Upload.begin(boto, key)
    parts = {number: os.urandom(LEAST) for number in (1, 2, 3, 4)}
    await upload.put(4, parts[4])
    await upload.put(2, os.urandom(LEAST))
    async with anyio.create_task_group() as group:
        for number in (1, 2, 3):
            group.start_soon(upload.put, number, parts[number])
    await upload.complete(1, 2, 4)
    assert await content(boto, key) == parts[1] + parts[2] + parts[4]
    assert (await boto.head_object(Bucket="default", Key=key, PartNumber=3))["PartsCount"] == 3


async def test_parts_of_unequal_sizes(boto: S3Client, key: str) -> None:
    upload = await Upload.begin(boto, key)
    parts = [os.urandom(size) for size in (LEAST + 3, LEAST, 2 * LEAST + 1, 9)]
    for number, part in enumerate(parts, 1):
        await upload.put(number, part)
    assert (await upload.complete())["ETag"] == tag_of(*parts)
    assert await content(boto, key) == b"".join(parts)


async def test_parts_may_be_copied(boto: S3Client, key: str) -> None:
    small, large = os.urandom(100), os.urandom(LEAST + 5)
    await boto.put_object(Bucket="default", Key=f"{key}-small", Body=small)
    await boto.put_object(Bucket="default", Key=f"{key}-large", Body=large)
    upload = await Upload.begin(boto, key)
    await upload.copy(1, f"{key}-large")
    await upload.copy(2, f"{key}-large", f"bytes=5-{LEAST + 4}")
    await upload.copy(3, f"{key}-small", "bytes=10-19")
    await upload.complete()
    assert await content(boto, key) == large + large[5:] + small[10:20]


@pytest.mark.parametrize(
    ("algorithm", "kind"),
    [
        ("CRC32", "COMPOSITE"),
        ("CRC32", "FULL_OBJECT"),
        ("CRC32C", "COMPOSITE"),
        ("CRC32C", "FULL_OBJECT"),
        ("CRC64NVME", "FULL_OBJECT"),
        ("SHA1", "COMPOSITE"),
        ("SHA256", "COMPOSITE"),
    ],
)
async def test_checksums_are_those_of_the_whole_or_of_the_parts(
    boto: S3Client, key: str, algorithm: Algorithm, kind: Kind
) -> None:
    if algorithm in {"CRC32C", "CRC64NVME"}:
        pytest.importorskip("awscrt")
    upload = await Upload.begin(boto, key, ChecksumAlgorithm=algorithm, ChecksumType=kind)
    parts = [os.urandom(LEAST), os.urandom(10)]
    for number, part in enumerate(parts, 1):
        await upload.put(number, part, ChecksumAlgorithm=algorithm)
    done = await upload.complete()
    assert done["ChecksumType"] == kind
    value = done[f"Checksum{algorithm}"]
    if kind == "FULL_OBJECT":
        other = f"{key}-whole"
        whole: Any = await boto.put_object(
            Bucket="default", Key=other, Body=b"".join(parts), ChecksumAlgorithm=algorithm
        )
        assert value == whole[f"Checksum{algorithm}"]
    else:
        assert value.endswith("-2")
    asked: Any = await boto.get_object_attributes(
        Bucket="default", Key=key, ObjectAttributes=["Checksum", "ObjectParts"]
    )
    assert asked["Checksum"][f"Checksum{algorithm}"] == value
    assert [part["Size"] for part in asked["ObjectParts"]["Parts"]] == [LEAST, 10]


async def test_two_completions_at_once_have_one_result(boto: S3Client, key: str) -> None:
    upload = await Upload.begin(boto, key)
    parts = [os.urandom(LEAST), os.urandom(10)]
    for number, part in enumerate(parts, 1):
        await upload.put(number, part)
    results: list[Any] = []

    async def complete() -> None:
        results.append(await upload.complete())

    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(complete)
    assert {result["ETag"] for result in results} == {tag_of(*parts)}
    assert await content(boto, key) == b"".join(parts)


async def test_a_completion_and_an_abort_at_once_have_one_outcome(
    boto: S3Client, s3_server: S3Server, key: str
) -> None:
    for attempt in range(5):
        name, data = f"{key}-{attempt}", os.urandom(LEAST)
        upload = await Upload.begin(boto, name)
        await upload.put(1, data)
        refused: list[str] = []

        async def attempted(call: Any, refused: list[str] = refused) -> None:
            try:
                await call()
            except ClientError as error:
                refused.append(error.response["Error"]["Code"])

        async with anyio.create_task_group() as group:
            group.start_soon(attempted, upload.complete)
            group.start_soon(attempted, upload.abort)
        assert refused == ["NoSuchUpload"]
        listed = await boto.list_objects_v2(Bucket="default", Prefix=name)
        if listed["KeyCount"]:
            assert await content(boto, name) == data
