"""Where bytes are: a directory by aiofiles, or a bucket by aioboto3."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import aiofiles
from fastapi.responses import FileResponse, Response, StreamingResponse

from bench.guides.models import File

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

_CHUNK = 1024 * 1024


class Storage(Protocol):
    async def save(self, key: str, body: AsyncIterator[bytes]) -> int:
        """Keep the bytes, and return how many there were."""
        ...

    async def response(self, file: File) -> Response: ...


class DirectoryStorage:
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def save(self, key: str, body: AsyncIterator[bytes]) -> int:
        size = 0
        async with aiofiles.open(self._directory / key, "wb") as file:
            async for chunk in body:
                await file.write(chunk)
                size += len(chunk)
        return size

    async def response(self, file: File) -> Response:
        return FileResponse(self._directory / file.key, media_type=file.content_type)


class BucketStorage:
    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    async def save(self, key: str, body: AsyncIterator[bytes]) -> int:
        reader = _Reader(body)
        # Puts small bodies in one request, and large ones in parts.
        await self._client.upload_fileobj(reader, self._bucket, key)  # type: ignore[arg-type]  # any async `read` will do
        return reader.size

    async def response(self, file: File) -> Response:
        found = await self._client.get_object(Bucket=self._bucket, Key=file.key)
        return StreamingResponse(
            found["Body"].iter_chunks(_CHUNK),
            media_type=file.content_type,
            headers={"Content-Length": str(found["ContentLength"])},
        )


class _Reader:
    """A body as a file to read from."""

    def __init__(self, body: AsyncIterator[bytes]) -> None:
        self._body = body
        self._buffer = bytearray()
        self.size = 0

    async def read(self, size: int) -> bytes:
        while len(self._buffer) < size:
            chunk = await anext(self._body, b"")
            if not chunk:
                break
            self._buffer += chunk
        part = bytes(self._buffer[:size])
        del self._buffer[:size]
        self.size += len(part)
        return part
