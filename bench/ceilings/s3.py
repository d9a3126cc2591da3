"""A store called directly: plain aioboto3, with its default configuration and one client."""

import os
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import aioboto3
from botocore.exceptions import ClientError

from bench.ceilings.repeat import repeat
from bench.reporting.samples import Sample, transferred

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

BUCKET = "bench"
_LARGE = "direct/large"
_CHUNK = 256 * 1024


async def puts(tasks: int, size: int, seconds: float) -> Sample:
    """`put_object` of `size` bytes from so many tasks."""
    body = random.Random(0).randbytes(size)
    async with _client() as client:

        async def put(number: int) -> None:
            await client.put_object(Bucket=BUCKET, Key=f"direct/put-{number}", Body=body)

        await repeat([put] * tasks, min(seconds, 0.3))
        return await repeat([put] * tasks, seconds)


async def gets(tasks: int, size: int, seconds: float) -> Sample:
    """`get_object` of `size` bytes, read to the end, from so many tasks."""
    async with _client() as client:
        await client.put_object(Bucket=BUCKET, Key="direct/get", Body=random.Random(0).randbytes(size))

        async def get(_: int) -> None:
            found = await client.get_object(Bucket=BUCKET, Key="direct/get")
            async with found["Body"] as body:
                assert len(await body.read()) == size

        await repeat([get] * tasks, min(seconds, 0.3))
        return await repeat([get] * tasks, seconds)


async def upload(source: Path) -> Sample:
    """`upload_fileobj` of a file that the system has cached: parts in parallel. In MB/s."""
    size = source.stat().st_size  # noqa: ASYNC240  # nothing else runs here
    async with _client() as client:
        await client.head_bucket(Bucket=BUCKET)
        begun, used = time.monotonic(), time.process_time()
        with source.open("rb") as file:
            await client.upload_fileobj(file, BUCKET, _LARGE)
        return transferred(size, time.monotonic() - begun, time.process_time() - used)


async def download(source: Path) -> Sample:
    """Read what `upload` left there, or leaves now, by ranges in parallel or one `get_object`, the faster, in MB/s."""
    size = source.stat().st_size  # noqa: ASYNC240  # nothing else runs here
    async with _client() as client:
        try:
            await client.head_object(Bucket=BUCKET, Key=_LARGE)
        except ClientError:
            await upload(source)
        begun, used = time.monotonic(), time.process_time()
        sink = _Sink()
        await client.download_fileobj(BUCKET, _LARGE, sink)  # type: ignore[arg-type]  # these two methods will do
        assert sink.size == size
        parallel = transferred(size, time.monotonic() - begun, time.process_time() - used)
        begun, used = time.monotonic(), time.process_time()
        found = await client.get_object(Bucket=BUCKET, Key=_LARGE)
        left = size
        async for chunk in found["Body"].iter_chunks(_CHUNK):
            left -= len(chunk)
        assert left == 0
        single = transferred(size, time.monotonic() - begun, time.process_time() - used)
        return max(parallel, single, key=lambda sample: sample.value)


class _Sink:
    """Takes bytes in any order, and keeps none."""

    def __init__(self) -> None:
        self.size = 0

    def write(self, data: bytes) -> int:
        self.size += len(data)
        return len(data)

    def seek(self, offset: int, _: int = 0) -> int:
        return offset


@asynccontextmanager
async def _client() -> AsyncIterator["S3Client"]:
    async with aioboto3.Session().client("s3", endpoint_url=os.environ["CEILINGS_S3_ENDPOINT_URL"]) as client:
        yield client
