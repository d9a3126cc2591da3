"""Every kind of change that the API makes, ready to be made, and how to see whether it was."""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import msgspec

from tests.integration.faults.site import unavailable

Act = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
See = Callable[[], Awaitable[bool]]


class Change(msgspec.Struct, frozen=True):
    """`make` makes it, once; `is_made` tells whether it was made."""

    make: Act
    is_made: See

    async def judge(self, answer: httpx.Response) -> None:
        """Check that the answer to `make` is a clean one, and that it is true."""
        if answer.is_success:
            assert await self.is_made()
            return
        if unavailable(answer) != "outcome_unknown":
            assert not await self.is_made(), answer.text


class Changes:
    """Prepares changes with `client`, each of a file or bucket of its own, and looks at them with it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def new_file(self, size: int = 1000) -> Change:
        path, content = f"{await self._bucket()}/files/new", secrets.token_bytes(size)
        return Change(lambda client: client.put(path, content=content), lambda: self._holds(path, content))

    async def replaced_file(self) -> Change:
        path, _ = await self._file()
        content = secrets.token_bytes(2000)
        return Change(lambda client: client.put(path, content=content), lambda: self._holds(path, content))

    async def patched_file(self) -> Change:
        _, file = await self._file()
        return self._patch(file, {"name": "renamed", "metadata": {"renamed": True}})

    async def moved_file(self) -> Change:
        _, file = await self._file()
        return self._patch(file, {"bucket": (await self._bucket()).rpartition("/")[2]})

    async def copied_file(self) -> Change:
        path, file = await self._file()
        copies = f"/v1/files/{file['id']}/copy"
        return Change(
            lambda client: client.post(copies, json={"name": "copy"}),
            lambda: self._is_there(f"{path.rpartition('/')[0]}/copy"),
        )

    async def deleted_file(self) -> Change:
        path, file = await self._file()
        return Change(lambda client: client.delete(f"/v1/files/{file['id']}"), lambda: self._is_gone(path))

    async def new_bucket(self) -> Change:
        path = f"/v1/buckets/{_name()}"
        return Change(lambda client: client.put(path, json={}), lambda: self._is_there(path))

    async def changed_bucket(self) -> Change:
        path = await self._bucket()

        async def is_made() -> bool:
            return bool((await self._client.get(path)).json()["quota_bytes"] == 5)

        return Change(lambda client: client.put(path, json={"quota_bytes": 5}), is_made)

    async def deleted_bucket(self) -> Change:
        path = await self._bucket()
        return Change(lambda client: client.delete(path), lambda: self._is_gone(path))

    def _patch(self, file: dict[str, Any], patch: dict[str, Any]) -> Change:
        path = f"/v1/files/{file['id']}"

        async def is_made() -> bool:
            now = (await self._client.get(path)).json()
            return all(now[field] == value for field, value in patch.items())

        return Change(lambda client: client.patch(path, json=patch), is_made)

    async def _bucket(self) -> str:
        path = f"/v1/buckets/{_name()}"
        assert (await self._client.put(path, json={})).status_code == 201
        return path

    async def _file(self) -> tuple[str, dict[str, Any]]:
        path = f"{await self._bucket()}/files/old"
        stored = await self._client.put(path, content=secrets.token_bytes(500))
        assert stored.status_code == 201
        return path, stored.json()

    async def _holds(self, path: str, content: bytes) -> bool:
        return (await self._client.get(path)).content == content

    async def _is_there(self, path: str) -> bool:
        return (await self._client.get(path)).status_code == 200

    async def _is_gone(self, path: str) -> bool:
        return (await self._client.get(path)).status_code == 404


def _name() -> str:
    return f"test-{secrets.token_hex(4)}"


KINDS: tuple[Callable[[Changes], Awaitable[Change]], ...] = (
    Changes.new_file,
    Changes.replaced_file,
    Changes.patched_file,
    Changes.moved_file,
    Changes.copied_file,
    Changes.deleted_file,
    Changes.new_bucket,
    Changes.changed_bucket,
    Changes.deleted_bucket,
)
