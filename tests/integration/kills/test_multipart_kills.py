"""Servers killed at every arrow of multipart uploads: the client goes on, and nothing that was acknowledged is lost."""

import random
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aioboto3
import anyio
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from types_aiobotocore_s3 import S3Client

from tests.harness.kills.aftermath import BRIEFLY, HASTE, Site, until_reaped
from tests.support.clients import ROOT_KEY
from tests.support.processes.fsck import fsck
from tests.support.processes.server import Server, serving, start
from tests.support.s3 import REGION

AT_ONCE = 2
REACHED_SECONDS = 180
PART = 5 * 1024**2

SENDING = {
    "any": [
        "multipart.open:before",
        "multipart.open:after",
        "multipart.begin_part:before:2",
        "multipart.bytes:before:2",
        "multipart.bytes:after:2",
        "multipart.put_part:before:3",
        "multipart.put_part.statements:after:2",
        "multipart.put_part:after:4",
    ],
    "disk": ["multipart.begin_part:after:1", "disk.write:after:2", "disk.sync:after:2"],
    "s3": ["s3.create:after", "s3.part:after:2"],
}
COMPLETING = {
    "any": [
        "multipart.claim:before",
        "multipart.claim:after",
        "multipart.join:before",
        "multipart.join:after",
        "multipart.commit.file:after",
        "multipart.commit.statements:after",
        "multipart.commit:after",
    ],
    "disk": ["disk.rename:before", "disk.rename:after", "disk.sync_directory:after:5"],
    "s3": ["s3.complete:before", "s3.complete:after"],
}


class Client(msgspec.Struct):
    """A client that sends a file in parts, one of them twice, and remembers what was acknowledged."""

    name: str
    parts: list[bytes]
    id: str = ""
    tags: dict[int, str] = {}
    has_sent_again: bool = False

    @property
    def content(self) -> bytes:
        return b"".join(self.parts)

    async def send(self, boto: S3Client) -> None:
        """Send what is missing, and complete the upload."""
        at: Any = {"Bucket": "default", "Key": self.name}
        if not self.id:
            self.id = (await boto.create_multipart_upload(**at))["UploadId"]
        at["UploadId"] = self.id
        for number, part in enumerate(self.parts, 1):
            if number not in self.tags:
                self.tags[number] = (await boto.upload_part(**at, PartNumber=number, Body=part))["ETag"]
        if not self.has_sent_again:
            await boto.upload_part(**at, PartNumber=2, Body=self.parts[1])
            self.has_sent_again = True
        parts: Any = [{"PartNumber": number, "ETag": self.tags[number]} for number in sorted(self.tags)]
        await boto.complete_multipart_upload(**at, MultipartUpload={"Parts": parts})


def client_for(failpoint: str) -> Client:
    return Client(
        failpoint.replace(":", "-"), [random.randbytes(PART), random.randbytes(PART), random.randbytes(9)], "", {}
    )


async def test_a_multipart_upload_goes_on_wherever_its_server_died(site: Site) -> None:
    failpoints = [each for arrows in (SENDING, COMPLETING) for each in arrows["any"] + arrows[site.store]]
    clients = {failpoint: client_for(failpoint) for failpoint in failpoints}
    places = anyio.CapacityLimiter(AT_ONCE)

    async def one(failpoint: str, client: Client) -> None:
        async with places:
            await die(site, failpoint, client)

    async with anyio.create_task_group() as tasks:
        for failpoint, client in clients.items():
            tasks.start_soon(one, failpoint, client)
    async with serving({**site.environ, **HASTE}) as server, boto_of(server) as boto:
        for failpoint, client in clients.items():
            await client.send(boto)
            found = await boto.get_object(Bucket="default", Key=client.name)
            assert await found["Body"].read() == client.content, failpoint
            assert found["ETag"].endswith('-3"'), failpoint
        # Of those whose beginning had no answer, if any: nobody has their ids.
        left = (await boto.list_multipart_uploads(Bucket="default")).get("Uploads", [])
        assert len(left) <= len(["multipart.open:before", "multipart.open:after", "s3.create:after"])
        for each in left:
            await boto.abort_multipart_upload(Bucket="default", Key=each["Key"], UploadId=each["UploadId"])
    # Another one: a server keeps some keys reserved, which are on record.
    async with serving({**site.environ, **HASTE}) as server:
        await until_reaped(site, server)
        checked = await fsck(site.environ, "--deep")
        assert checked.status == 0, checked


@asynccontextmanager
async def boto_of(server: Server) -> AsyncIterator[S3Client]:
    session = aioboto3.Session(aws_access_key_id="root", aws_secret_access_key=ROOT_KEY, region_name=REGION)
    config: Any = Config(retries={"total_max_attempts": 1}, read_timeout=REACHED_SECONDS)
    async with session.client("s3", endpoint_url=f"{server.url}/s3", config=config) as client:
        yield client


async def die(site: Site, failpoint: str, client: Client) -> None:
    """Run a server until it dies at the failpoint."""
    server = await start({**site.environ, **BRIEFLY}, failpoint=failpoint)
    try:
        with anyio.fail_after(REACHED_SECONDS):
            async with boto_of(server) as boto:
                try:
                    await client.send(boto)
                except ClientError as error:
                    raise AssertionError(f"{failpoint} ended in {error}") from error
                except BotoCoreError:
                    pass
                else:
                    raise AssertionError(f"{failpoint} was not reached")
            assert await server.ended() == -signal.SIGKILL, server.output
    finally:
        with anyio.CancelScope(shield=True):
            if server.is_running:
                await server.kill()
