"""Requests that the tests of links make."""

from typing import Any

import httpx

FILES = "/v1/buckets/default/files"
Json = dict[str, Any]


async def put(client: httpx.AsyncClient, name: str = "a.txt", content: bytes = b"0123456789", **headers: str) -> Json:
    """Store a file, and return it."""
    answer = await client.put(f"{FILES}/{name}", content=content, headers=headers)
    assert answer.status_code in {200, 201}, answer.text
    file: Json = answer.json()
    return file


async def shared(client: httpx.AsyncClient, file: Json, **fields: object) -> Json:
    """Make a link of the file, and return it with its token."""
    answer = await client.post(f"/v1/files/{file['id']}/links", json=fields)
    assert answer.status_code == 201, answer.text
    link: Json = answer.json()
    return link


def url(link: Json) -> str:
    """Return the path of a link."""
    return f"/s/{link['token']}"


async def inbox(client: httpx.AsyncClient, bucket: str = "default", **fields: object) -> Json:
    """Make an upload link of the bucket, and return it with its token."""
    answer = await client.post(f"/v1/buckets/{bucket}/upload-links", json=fields)
    assert answer.status_code == 201, answer.text
    link: Json = answer.json()
    return link


async def stored_names(client: httpx.AsyncClient, bucket: str = "default") -> list[str]:
    """Return the names of the files in the bucket."""
    listed = await client.get("/v1/files", params={"bucket": bucket, "sort": "name", "limit": "1000"})
    return [file["name"] for file in listed.json()["items"]]
