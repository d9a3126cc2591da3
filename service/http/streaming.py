"""Downloads: a file's bytes as a response."""

from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache, partial
from http import HTTPStatus
from typing import Any, cast

import anyio
from litestar.types import Receive, Scope, Send

from domain.access.callers import NOBODY
from domain.blobs.chunks import BytesInMemory, Chunk, FileChunk, SendableBody
from service.http.connection import ZERO_COPY_SEND
from service.runtime.concurrency import ConcurrencyLimit

# In bytes. A smaller body is sent before a disconnect of the client could matter.
_WATCHED_ABOVE = 1024 * 1024


class ContentResponse:
    """An ASGI response that streams a body, a chunk at a time, as fast as the client takes them.

    It holds a slot of `limit` meanwhile, as the `user` of the connection. The body is opened before the first header is
    sent, so that a missing blob, or a full `limit`, is still a clear error. A later failure is raised, and
    `abort_on_failure` ends the connection. `size` is an estimate in bytes. Chunks of `body` may be in files only where
    the server `can_send_files`.

    HEAD and 304 send no body. They open it nevertheless if it `is_always_opened`, to fail where GET would fail.
    """

    def __init__(
        self,
        body: SendableBody,
        headers: Mapping[str, str],
        limit: ConcurrencyLimit,
        *,
        size: int,
        status: HTTPStatus = HTTPStatus.OK,
        is_always_opened: bool = False,
    ) -> None:
        self._body = body
        self._headers = headers
        self._limit = limit
        self._size = size
        self._status = status
        self._is_always_opened = is_always_opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_bare = scope.get("method") == "HEAD" or self._status == HTTPStatus.NOT_MODIFIED
        if is_bare and not self._is_always_opened:
            await _start(send, self._status, self._headers)
            await _end(send)
        elif self._size <= _WATCHED_ABOVE:
            await self._transfer(scope, send, is_bare=is_bare)
        else:
            await _while_connected(receive, partial(self._transfer, scope, send, is_bare=is_bare))

    async def _transfer(self, scope: Scope, send: Send, *, is_bare: bool) -> None:
        async with self._limit.slot(cast(Any, scope).get("user", NOBODY)):
            if isinstance(self._body, BytesInMemory):
                await _start(send, self._status, self._headers)
                await _end(send, b"" if is_bare else self._body.content)
                return
            async with self._body as chunks:
                await _start(send, self._status, self._headers)
                if not is_bare:
                    async for chunk in chunks:
                        await send(_message(chunk))
                await _end(send)


def _message(chunk: Chunk) -> Any:
    if isinstance(chunk, FileChunk):
        return {
            "type": ZERO_COPY_SEND,
            "file": chunk,
            "offset": chunk.offset,
            "count": chunk.length,
            "more_body": True,
        }
    return {"type": "http.response.body", "body": chunk, "more_body": True}


class BareResponse:
    """An ASGI response of headers alone."""

    def __init__(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        self._status = status
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's own
        await _start(send, self._status, self._headers)
        await _end(send)


async def _while_connected(receive: Receive, work: Callable[[], Awaitable[None]]) -> None:
    # A server accepts and drops bytes for a disconnected client: only `receive` tells.
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_cancel_on_disconnect, tasks.cancel_scope, receive)
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - raised below, outside the group, which would wrap it
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure


async def _cancel_on_disconnect(work: anyio.CancelScope, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    work.cancel()


async def _start(send: Send, status: HTTPStatus, headers: Mapping[str, str]) -> None:
    lines: Any = [(_field_name(name), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": lines})


async def _end(send: Send, rest: bytes = b"") -> None:
    await send({"type": "http.response.body", "body": rest, "more_body": False})


@lru_cache(maxsize=128)
def _field_name(name: str) -> bytes:
    return name.lower().encode()
