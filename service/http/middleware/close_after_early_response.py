"""Responses that begin before the request's body has ended: they close the connection, and still reach the client."""

from collections.abc import Container

import anyio
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Message, Receive, Scope, Send

IDLE_SECONDS = 1.0
LINGER_SECONDS = 10.0


def close_after_early_response(app: ASGIApp, *, idle: float = IDLE_SECONDS, linger: float = LINGER_SECONDS) -> ASGIApp:
    """Wrap `app`: a response that begins before the end of the body is announced as the last of its connection.

    The rest of the body stands where the next request would, so the server closes the connection (RFC 9112, section
    9.6). To close at once under a client that still sends would reset the connection, and the response would be lost:
    the rest is read and dropped before the response ends, until no bytes came for `idle` seconds, and for `linger`
    seconds at most. A client that waits for 100 Continue (RFC 9110, section 10.1.1) sends no body, and is not asked to.
    """

    async def closing(scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != ScopeType.HTTP
            or not has_body(scope, {name for name, _ in scope["headers"]})
            or not scope["http_version"].startswith("1")
        ):
            await app(scope, receive, send)
            return
        is_coming = all(name != b"expect" for name, _ in scope["headers"])
        exchange = _Exchange(receive, send, is_coming=is_coming, idle=idle, linger=linger)
        await app(scope, exchange.receive, exchange.send)

    return closing


class _Exchange:
    """One request and its response. `is_coming`: the client sends the body, asked or not."""

    def __init__(self, receive: Receive, send: Send, *, is_coming: bool, idle: float, linger: float) -> None:
        self._receive = receive
        self._send = send
        self._is_coming = is_coming
        self._idle = idle
        self._linger = linger
        self._is_read = False

    async def receive(self) -> HTTPReceiveMessage:
        self._is_coming = True
        message: HTTPReceiveMessage = await self._receive()  # type: ignore[assignment] # the scope is HTTP
        self._is_read = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if self._is_read:
            await self._send(message)
        elif message["type"] == "http.response.start":
            others = [header for header in message["headers"] if header[0].lower() != b"connection"]
            message["headers"] = [*others, (b"connection", b"close")]
            await self._send(message)
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            await self._send({"type": "http.response.body", "body": message.get("body", b""), "more_body": True})
            if self._is_coming:
                await self._drop_rest()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await self._send(message)

    async def _drop_rest(self) -> None:
        with anyio.move_on_after(self._linger):
            while not self._is_read:
                with anyio.move_on_after(self._idle) as waiting:
                    await self.receive()
                if waiting.cancelled_caught:
                    return


def has_body(scope: HTTPScope, names: Container[bytes]) -> bool:
    """Return whether a request has a body, by its head, whose fields have these `names`."""
    if b"transfer-encoding" in names:
        return True
    return b"content-length" in names and any(
        name == b"content-length" and value != b"0" for name, value in scope["headers"]
    )
