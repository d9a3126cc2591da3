"""Every kind of request that takes an `Idempotency-Key`."""

import httpx

from tests.support.clients import said_of_content

FILES = "/v1/buckets/default/files"
KEY = {"Idempotency-Key": '"k"'}
CONTENT = b"some bytes"


async def put_file(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    return await client.put(f"{FILES}/a", content=CONTENT, headers=headers)


async def post_file(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    form = {"name": "a", "metadata": '{"b": 1, "a": 2}', "tags": "x,y"}
    return await client.post(FILES, data=form, files={"file": ("f.txt", CONTENT)}, headers=headers)


def is_same(one: httpx.Response, other: httpx.Response) -> bool:
    """Return whether two answers are the same."""
    return (one.status_code, one.content, said_of_content(one)) == (
        other.status_code,
        other.content,
        said_of_content(other),
    )


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
