"""What the service runs on in these tests, and a look behind it."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import aioboto3

from adapters.embedded import EmbeddedPostgres
from tests.support.parts.containers import LocalStack
from tests.support.parts.databases import new_database

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


class Stack(Protocol):
    """One deployment."""

    environ: dict[str, str]

    def database_url(self) -> str:
        """Return the DSN of the catalog, whose Postgres runs."""
        ...

    async def blobs(self) -> set[str]:
        """Return the keys of all that is stored, finished or not."""
        ...

    async def truncate(self, key: str) -> None:
        """Damage a blob: cut its second half off."""
        ...

    async def overwrite(self, key: str, data: bytes) -> None:
        """Put these bytes under the key, whatever was there."""
        ...

    async def remove(self, key: str) -> None:
        """Lose a blob's bytes."""
        ...

    async def leave_unfinished(self, key: str) -> None:
        """Leave the remains of a killed write of the key."""
        ...

    def without_store(self) -> AbstractContextManager[dict[str, str]]:
        """Give the environment in which the blob store is not there, for a while."""
        ...


class EmbeddedStack:
    """The bundled Postgres and a directory."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._blobs = data_dir / "blobs"
        self.environ = {"FILEPORT_DATA_DIR": str(data_dir)}

    def database_url(self) -> str:
        return EmbeddedPostgres(self._data_dir).attach()

    async def blobs(self) -> set[str]:
        return {path.name for path in self._blobs.rglob("*") if path.is_file()}

    async def truncate(self, key: str) -> None:
        (path,) = self._blobs.rglob(key)
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size // 2)

    async def overwrite(self, key: str, data: bytes) -> None:
        (self._blobs / key[-2:] / key).write_bytes(data)

    async def remove(self, key: str) -> None:
        (self._blobs / key[-2:] / key).unlink()

    async def leave_unfinished(self, key: str) -> None:
        (self._blobs / "tmp" / key).write_bytes(b"part")

    @contextmanager
    def without_store(self) -> Iterator[dict[str, str]]:
        away = self._blobs.rename(self._blobs.with_name("away"))
        self._blobs.mkdir()  # as a mount point is while it is not mounted
        yield self.environ
        self._blobs.rmdir()
        away.rename(self._blobs)


class ContainersStack:
    """Testcontainers' Postgres and LocalStack."""

    def __init__(self, database_url: str, localstack: LocalStack, bucket: str, s3: "S3Client") -> None:
        self._bucket = bucket
        self._s3 = s3
        self._database_url = database_url
        self.environ = {
            "FILEPORT_DATABASE_URL": database_url,
            "FILEPORT_S3_BUCKET": bucket,
            "FILEPORT_S3_ENDPOINT_URL": localstack.endpoint_url,
            "FILEPORT_S3_REGION": localstack.region,
            "FILEPORT_S3_TIMEOUT": "30",  # LocalStack is no S3, on a machine that does much else
            "AWS_ACCESS_KEY_ID": localstack.access_key_id,
            "AWS_SECRET_ACCESS_KEY": localstack.secret_access_key,
        }

    def database_url(self) -> str:
        return self._database_url

    async def blobs(self) -> set[str]:
        keys = set()
        async for objects in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket):
            keys |= {each["Key"] for each in objects.get("Contents", [])}
        async for uploads in self._s3.get_paginator("list_multipart_uploads").paginate(Bucket=self._bucket):
            keys |= {each["Key"] for each in uploads.get("Uploads", [])}
        return {key.rpartition("/")[2] for key in keys}

    async def truncate(self, key: str) -> None:
        object_key = _object_key(key)
        size = (await self._s3.head_object(Bucket=self._bucket, Key=object_key))["ContentLength"]
        await self._s3.put_object(Bucket=self._bucket, Key=object_key, Body=b"x" * (size // 2))

    async def overwrite(self, key: str, data: bytes) -> None:
        await self._s3.put_object(Bucket=self._bucket, Key=_object_key(key), Body=data)

    async def remove(self, key: str) -> None:
        await self._s3.delete_object(Bucket=self._bucket, Key=_object_key(key))

    async def leave_unfinished(self, key: str) -> None:
        await self._s3.create_multipart_upload(Bucket=self._bucket, Key=_object_key(key))

    @contextmanager
    def without_store(self) -> Iterator[dict[str, str]]:
        yield {**self.environ, "FILEPORT_S3_BUCKET": f"no-{self._bucket}"}


def _object_key(key: str) -> str:
    return f"{key[-2:]}/{key}"


@asynccontextmanager
async def containers_stack(server: str, localstack: LocalStack, session: aioboto3.Session) -> AsyncIterator[Stack]:
    """A database and a bucket of one's own for a while, on containers that run. `server` is the Postgres's DSN."""
    name = f"service-{secrets.token_hex(4)}"
    async with (
        new_database(server) as database_url,
        session.client("s3", endpoint_url=localstack.endpoint_url) as s3,
    ):
        await s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield ContainersStack(database_url, localstack, name, s3)
