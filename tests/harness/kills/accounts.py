"""What a client knows: which changes were acknowledged, and which it waited for when the server died."""

from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any

import anyio
import httpx

# Buckets, their files' names, their bytes.
State = Mapping[str, Mapping[str, bytes]]
Body = bytes | AsyncIterator[bytes]


class Account:
    """Changes files and buckets, and keeps the books.

    `acknowledged` is the state that the service has confirmed; `pending` the one that the request under way leads to.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.acknowledged: State = {}
        self.pending: State | None = None

    async def make_bucket(self, bucket: str, **policy: object) -> None:
        """Make a bucket that is new."""
        request = self._client.put(f"/v1/buckets/{bucket}", json=policy)
        await self._change(request, {**self.acknowledged, bucket: {}})

    async def delete_bucket(self, bucket: str) -> None:
        """Delete a bucket."""
        after = {name: files for name, files in self.acknowledged.items() if name != bucket}
        await self._change(self._client.delete(f"/v1/buckets/{bucket}"), after)

    async def put(self, bucket: str, name: str, content: bytes, *, body: Body | None = None) -> str:
        """Store a file, and return its id. `body` is the request's body, where it is not just the content."""
        request = self._client.put(f"/v1/buckets/{bucket}/files/{name}", content=content if body is None else body)
        answer = await self._change(request, self._with(bucket, name, content))
        return str(answer["id"])

    async def put_briefly(self, bucket: str, name: str, content: bytes) -> None:
        """Store a file in a bucket whose time to live is over before the next look."""
        request = self._client.put(f"/v1/buckets/{bucket}/files/{name}", content=content)
        await self._change(request, self.acknowledged)

    async def until_expired(self, bucket: str, name: str) -> None:
        """Wait until a file is as good as gone."""
        while True:
            answer = await self._client.get(f"/v1/buckets/{bucket}/files/{name}")
            if answer.status_code == 404:
                return
            await anyio.sleep(0.05)

    async def delete(self, bucket: str, name: str, id: str) -> None:
        """Delete a file."""
        await self._change(self._client.delete(f"/v1/files/{id}"), self._with(bucket, name, None))

    async def copy(self, bucket: str, name: str, id: str, to: str) -> None:
        """Copy a file in its bucket."""
        content = self.acknowledged[bucket][name]
        request = self._client.post(f"/v1/files/{id}/copy", json={"name": to})
        await self._change(request, self._with(bucket, to, content))

    async def move(self, bucket: str, name: str, id: str, to: str) -> None:
        """Move a file to another bucket."""
        content = self.acknowledged[bucket][name]
        after = {**self._with(bucket, name, None), to: {**self.acknowledged[to], name: content}}
        await self._change(self._client.patch(f"/v1/files/{id}", json={"bucket": to}), after)

    async def apply_batch(self, bucket: str, ids: Mapping[str, str], deleted: str, copied: str, moved: str) -> None:
        """Delete one file, copy another and rename a third, all in one batch."""
        operations = [
            {"op": "delete", "id": ids[deleted]},
            {"op": "copy", "id": ids[copied], "to": {"name": f"{copied}-copied"}},
            {"op": "move", "id": ids[moved], "to": {"name": f"{moved}-moved"}},
        ]
        files = dict(self.acknowledged[bucket])
        del files[deleted]
        files[f"{copied}-copied"], files[f"{moved}-moved"] = files[copied], files.pop(moved)
        request = self._client.post("/v1/batch", json={"operations": operations})
        answer = await self._change(request, {**self.acknowledged, bucket: files})
        assert [result["status"] for result in answer["results"]] == [204, 201, 200]

    async def expect_refusal(self, bucket: str, body: Body, *, status: int) -> httpx.Response:
        """Send a body that is refused, and return the answer."""
        self.pending = self.acknowledged
        answer = await self._client.put(f"/v1/buckets/{bucket}/files/refused", content=body)
        assert answer.status_code == status, answer.text
        return answer

    async def _change(self, request: Awaitable[httpx.Response], after: State) -> dict[str, Any]:
        self.pending = after
        answer = await request
        assert answer.is_success, answer.text
        self.acknowledged, self.pending = after, None
        return dict(answer.json()) if answer.content else {}

    def _with(self, bucket: str, name: str, content: bytes | None) -> State:
        others = {each: bytes_ for each, bytes_ in self.acknowledged[bucket].items() if each != name}
        return {**self.acknowledged, bucket: others if content is None else {**others, name: content}}


async def observe(client: httpx.AsyncClient, bucket: str) -> Mapping[str, bytes] | None:
    """Return the files of a bucket as a reader gets them, None where there is no such bucket."""
    listed = await client.get("/v1/files", params={"bucket": bucket, "limit": 1000})
    if listed.status_code == 404:
        assert listed.json()["code"] == "bucket_not_found"
        assert (await client.get(f"/v1/buckets/{bucket}")).status_code == 404
        return None
    found: dict[str, bytes] = {}
    for file in listed.raise_for_status().json()["items"]:
        read = await client.get(f"/v1/files/{file['id']}/content")
        assert read.status_code == 200, f"{bucket}/{file['name']} is listed, but reading it answers {read.text}"
        found[file["name"]] = read.content
    return found


async def usage(client: httpx.AsyncClient, bucket: str) -> tuple[int, int]:
    """Return the files and the bytes that the service counts in a bucket."""
    counted = (await client.get(f"/v1/buckets/{bucket}")).raise_for_status().json()["usage"]
    return counted["files"], counted["bytes"]
