"""Objects by boto, on real parts."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import Awaitable, Iterable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from types_aiobotocore_s3 import S3Client
from types_aiobotocore_s3.literals import ChecksumAlgorithmType

from tests.integration.service.s3.conftest import S3Server

MEBIBYTE = 1024 * 1024
WRITERS = 50
ALGORITHMS: list[ChecksumAlgorithmType] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]


@pytest.fixture
async def bucket(s3_server: S3Server) -> str:
    name = f"test-{secrets.token_hex(4)}"
    async with s3_server.server.client() as client:
        await client.put(f"/v1/buckets/{name}", json={})
    return name


async def outcomes(calls: Iterable[Awaitable[Any]]) -> list[str]:
    """Run all calls at once, and return the code of each error, or `OK`."""

    async def outcome(call: Awaitable[Any]) -> str:
        try:
            await call
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "OK"

    return list(await asyncio.gather(*map(outcome, calls)))


@pytest.mark.parametrize("size", [0, 1000, 300_000, 20 * MEBIBYTE + 1])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_an_object_has_its_md5_and_its_checksum(
    boto: S3Client, bucket: str, size: int, algorithm: ChecksumAlgorithmType
) -> None:
    content = os.urandom(size)
    put: Any = await boto.put_object(Bucket=bucket, Key="a", Body=content, ChecksumAlgorithm=algorithm)
    assert put["ETag"] == f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
    found: Any = await boto.get_object(Bucket=bucket, Key="a", ChecksumMode="ENABLED")
    assert found[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
    assert await found["Body"].read() == content
    if size > 10:
        part = await boto.get_object(Bucket=bucket, Key="a", Range="bytes=3-9", ChecksumMode="ENABLED")
        assert (await part["Body"].read(), part["ContentRange"]) == (content[3:10], f"bytes 3-9/{size}")


@pytest.mark.parametrize("size", [100, 100_000])
async def test_of_many_writers_one_makes_the_object(boto: S3Client, bucket: str, size: int) -> None:
    """Pitfalls of S3, test 8."""
    contents = [os.urandom(size) for _ in range(WRITERS)]
    told = await outcomes(
        boto.put_object(Bucket=bucket, Key="a", Body=content, IfNoneMatch="*") for content in contents
    )
    assert sorted(told) == ["OK"] + ["PreconditionFailed"] * (WRITERS - 1)
    found = await boto.get_object(Bucket=bucket, Key="a")
    assert await found["Body"].read() == contents[told.index("OK")]


@pytest.mark.parametrize("size", [100, 100_000])
async def test_of_many_writers_one_replaces_what_it_has_read(boto: S3Client, bucket: str, size: int) -> None:
    contents = [os.urandom(size) for _ in range(WRITERS)]
    first = await boto.put_object(Bucket=bucket, Key="a", Body=b"first")
    told = await outcomes(
        boto.put_object(Bucket=bucket, Key="a", Body=content, IfMatch=first["ETag"]) for content in contents
    )
    assert sorted(told) == ["OK"] + ["PreconditionFailed"] * (WRITERS - 1)
    found = await boto.get_object(Bucket=bucket, Key="a")
    assert await found["Body"].read() == contents[told.index("OK")]


async def test_copies_that_cross_each_other_lose_nothing(boto: S3Client, bucket: str, s3_server: S3Server) -> None:
    contents = {key: os.urandom(100_000) for key in "abc"}
    for key, content in contents.items():
        await boto.put_object(Bucket=bucket, Key=key, Body=content)
    pairs = [(source, to) for source in "abc" for to in "abc" if source != to] * 3
    told = await outcomes(
        boto.copy_object(Bucket=bucket, Key=to, CopySource=f"{bucket}/{source}") for source, to in pairs
    )
    assert told == ["OK"] * len(pairs)
    for key in "abc":
        found = await boto.get_object(Bucket=bucket, Key=key)
        assert await found["Body"].read() in contents.values()
    async with s3_server.server.client() as client:
        usage = (await client.get(f"/v1/buckets/{bucket}")).json()["usage"]
    assert usage == {"bytes": 300_000, "files": 3}


async def test_an_object_is_copied_labelled_and_deleted(boto: S3Client, bucket: str) -> None:
    await boto.put_object(Bucket=bucket, Key="a b+ü", Body=b"text", Metadata={"k": "v"}, Tagging="a=1")
    await boto.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "a b+ü"})
    tags = await boto.get_object_tagging(Bucket=bucket, Key="copy")
    assert tags["TagSet"] == [{"Key": "a", "Value": "1"}]
    await boto.put_object_tagging(Bucket=bucket, Key="copy", Tagging={"TagSet": [{"Key": "b", "Value": "2"}]})
    head = await boto.head_object(Bucket=bucket, Key="copy")
    assert (head["Metadata"], head["ContentLength"]) == ({"k": "v"}, 4)
    attributes = await boto.get_object_attributes(
        Bucket=bucket, Key="copy", ObjectAttributes=["ETag", "ObjectSize", "Checksum"]
    )
    assert (attributes["ETag"], attributes["ObjectSize"]) == (head["ETag"].strip('"'), 4)
    await boto.delete_object(Bucket=bucket, Key="copy")
    assert await outcomes([boto.get_object(Bucket=bucket, Key="copy")]) == ["NoSuchKey"]
