"""A client of `/v1/uploads`, for the tests."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx

from domain.blobs.errors import InterruptedBodyError
from tests.support.tus import BYTES, TUS, UPLOADS


async def begin(client: httpx.AsyncClient, length: int | None = 10, **headers: str) -> str:
    """Begin an upload and return its URL."""
    size = {"Upload-Defer-Length": "1"} if length is None else {"Upload-Length": str(length)}
    answer = await client.post(UPLOADS, headers={**TUS, **size, **headers})
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


async def add(client: httpx.AsyncClient, url: str, offset: int, data: bytes, **headers: str) -> httpx.Response:
    return await client.patch(url, content=data, headers={**BYTES, "Upload-Offset": str(offset), **headers})


async def offset(client: httpx.AsyncClient, url: str) -> int:
    answer = await client.head(url, headers=TUS)
    assert answer.status_code == 200
    return int(answer.headers["upload-offset"])


async def stored(client: httpx.AsyncClient, answer: httpx.Response) -> tuple[dict[str, Any], bytes]:
    """Return the file that the upload has become, and its bytes."""
    file = (await client.get(f"/v1/files/{answer.headers['fileport-file-id']}")).json()
    content = (await client.get(f"/v1/files/{file['id']}/content")).content
    assert file["sha256"] == hashlib.sha256(content).hexdigest()
    return dict(file), content


async def broken(data: bytes) -> AsyncIterator[bytes]:
    """A body that breaks off, as `stream_body` tells it of a client that goes away."""
    yield data
    raise InterruptedBodyError("The connection was closed before the body's end.")
