"""Libraries that speak S3: each stores, reads, lists, copies and deletes, small and in parts."""

import asyncio
import random
from pathlib import Path
from typing import Any

import aioboto3
import boto3
import httpx
import pytest
from botocore.config import Config

from tests.integration.outside.programs import run
from tests.integration.outside.s3.conftest import Account, client_program

LARGE = random.Random(6).randbytes(20 * 1024**2 + 7)
# With names that paths and XML escape.
NAMES = ("a.txt", "folder/b & c.txt", "folder/Grüße +%20.txt", "folder/sub//d")

S3FS = """
import sys, numpy, pandas, s3fs
endpoint, large = sys.argv[1:]
options = {"client_kwargs": {"endpoint_url": endpoint}}
files = s3fs.S3FileSystem(**options)
files.mkdir("with-s3fs")
files.put(large, "with-s3fs/folder/large.bin")
assert files.cat("with-s3fs/folder/large.bin") == open(large, "rb").read()
assert files.cat_file("with-s3fs/folder/large.bin", start=5, end=9) == open(large, "rb").read()[5:9]
with files.open("with-s3fs/text.txt", "w") as file:
    file.write("one line\\n" * 1000)
assert files.ls("with-s3fs") == ["with-s3fs/folder", "with-s3fs/text.txt"]
files.mv("with-s3fs/text.txt", "with-s3fs/other.txt")
assert sorted(files.find("with-s3fs")) == ["with-s3fs/folder/large.bin", "with-s3fs/other.txt"]
frame = pandas.DataFrame({"number": numpy.arange(100_000), "word": ["a", "bc"] * 50_000})
frame.to_parquet("s3://with-s3fs/frame.parquet", storage_options=options)
read = pandas.read_parquet("s3://with-s3fs/frame.parquet", columns=["word"], storage_options=options)
assert read["word"].equals(frame["word"])
files.rm("with-s3fs", recursive=True)
assert "with-s3fs" not in files.ls("")
"""

OBSTORE = """
import sys
import obstore
from obstore.store import S3Store
endpoint, large = sys.argv[1:]
content = open(large, "rb").read()
plain = {"allow_http": True}
store = S3Store("default", endpoint=endpoint, region="us-east-1", client_options=plain, prefix="with-obstore")
obstore.put(store, "small", b"small", attributes={"Content-Type": "text/plain"})
obstore.put(store, "large", content, chunk_size=5 * 1024**2)
assert bytes(obstore.get(store, "large").bytes()) == content
ranges = obstore.get_ranges(store, "large", starts=[0, 10], ends=[5, 20])
assert [bytes(each) for each in ranges] == [content[:5], content[10:20]]
obstore.put(store, "new", b"one", mode="create")
try:
    obstore.put(store, "new", b"two", mode="create")
    raise SystemExit("It was replaced.")
except obstore.exceptions.AlreadyExistsError:
    pass
old = obstore.head(store, "new")
obstore.put(store, "new", b"two", mode={"e_tag": old["e_tag"]})
try:
    obstore.put(store, "new", b"three", mode={"e_tag": old["e_tag"]})
    raise SystemExit("It was replaced.")
except obstore.exceptions.PreconditionError:
    pass
obstore.copy(store, "new", "folder/copy")
names = {each["path"] for page in obstore.list(store) for each in page}
assert names == {"small", "large", "new", "folder/copy"}, names
assert obstore.list_with_delimiter(store)["common_prefixes"] == ["folder"]
obstore.delete(store, sorted(names))
assert list(obstore.list(store)) == []
"""

MINIO = """
import io, sys
from urllib.parse import urlsplit
import minio
from minio.commonconfig import CopySource, Tags
from minio.deleteobjects import DeleteObject
host, access, secret, large = sys.argv[1:]
content = open(large, "rb").read()
client = minio.Minio(host, access_key=access, secret_key=secret, secure=False, region="us-east-1")
client.make_bucket("with-minio")
assert client.bucket_exists("with-minio") and not client.bucket_exists("without-minio")
client.fput_object("with-minio", "folder/large", large, metadata={"artist": "Queen"})
assert client.get_object("with-minio", "folder/large").read() == content
assert client.stat_object("with-minio", "folder/large").metadata["x-amz-meta-artist"] == "Queen"
client.put_object("with-minio", "unknown", io.BytesIO(content), length=-1, part_size=5 * 1024**2)
client.copy_object("with-minio", "copy", CopySource("with-minio", "unknown"))
tags = Tags.new_object_tags()
tags["genre"] = "rock"
client.set_object_tags("with-minio", "copy", tags)
assert client.get_object_tags("with-minio", "copy") == tags
names = [each.object_name for each in client.list_objects("with-minio", recursive=True)]
assert names == ["copy", "folder/large", "unknown"], names
assert list(client.remove_objects("with-minio", map(DeleteObject, names))) == []
client.remove_bucket("with-minio")
"""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(LARGE)
    return path


async def python(account: Account, program: str, *arguments: str | Path, cwd: Path) -> None:
    """Run a program in the clients' environment, which has to succeed."""
    status, printed = await run(client_program("python"), "-c", program, *arguments, cwd=cwd, environ=account.environ)
    assert status == 0, printed


async def test_s3fs_and_pandas(account: Account, large: Path) -> None:
    await python(account, S3FS, account.endpoint, large, cwd=large.parent)


async def test_minio(account_at_port: Account, large: Path) -> None:
    host = account_at_port.endpoint.removeprefix("http://")
    keys = (account_at_port.access_key_id, account_at_port.secret_access_key)
    await python(account_at_port, MINIO, host, *keys, large, cwd=large.parent)


async def test_obstore(account: Account, large: Path) -> None:
    await python(account, OBSTORE, account.endpoint, large, cwd=large.parent)


def options(account: Account) -> dict[str, Any]:
    return {
        "endpoint_url": account.endpoint,
        "region_name": "us-east-1",
        "aws_access_key_id": account.access_key_id,
        "aws_secret_access_key": account.secret_access_key,
    }


def use_boto3(account: Account, large: Path) -> str:
    """Do what applications do, and return a URL for a file."""
    config = Config(signature_version="s3v4")
    s3: Any = boto3.client("s3", config=config, **options(account))  # type: ignore[no-untyped-call] # it has no types
    s3.create_bucket(Bucket="with-boto3")
    for name in NAMES:
        s3.put_object(Bucket="with-boto3", Key=name, Body=name.encode(), Metadata={"name": "a"}, ContentType="text/x-a")
        found = s3.get_object(Bucket="with-boto3", Key=name)
        assert found["Body"].read() == name.encode()
        assert (found["ContentType"], found["Metadata"]) == ("text/x-a", {"name": "a"})
    s3.upload_file(str(large), "with-boto3", "large", ExtraArgs={"ChecksumAlgorithm": "SHA256"})
    s3.download_file("with-boto3", "large", f"{large}-back")
    assert Path(f"{large}-back").read_bytes() == LARGE
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="with-boto3", PaginationConfig={"PageSize": 2})
    assert [each["Key"] for page in pages for each in page["Contents"]] == sorted([*NAMES, "large"])
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="with-boto3", Key="none")
    url: str = s3.generate_presigned_url("get_object", Params={"Bucket": "with-boto3", "Key": NAMES[2]}, ExpiresIn=60)
    return url


async def test_boto3(account: Account, large: Path) -> None:
    url = await asyncio.to_thread(use_boto3, account, large)
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(url)).text == NAMES[2]


# Its parts are bytes, which aiohttp would rather have in a file.
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_aioboto3(account: Account, large: Path) -> None:
    async with aioboto3.Session().client("s3", **options(account)) as s3:
        await s3.upload_file(str(large), "default", "with-aioboto3/large")
        found = await s3.get_object(Bucket="default", Key="with-aioboto3/large", Range="bytes=1-5")
        assert await found["Body"].read() == LARGE[1:6]
        copied = await s3.copy_object(
            Bucket="default", Key="with-aioboto3/copy", CopySource={"Bucket": "default", "Key": "with-aioboto3/large"}
        )
        assert copied["CopyObjectResult"]["ETag"]
        deleted = await s3.delete_objects(
            Bucket="default", Delete={"Objects": [{"Key": f"with-aioboto3/{name}"} for name in ("large", "copy")]}
        )
        assert len(deleted["Deleted"]) == 2
