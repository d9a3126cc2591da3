"""The progress of the response to a request, recorded once for every wrapper that depends on it."""

from typing import Any, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from service.http.connection import ZERO_COPY_SEND

# The key of the record among the extensions of a scope.
_EXTENSION = "fileport.response"


class ResponseProgress:
    """How far a response has come. `status` is 0 until it begins.

    `parts` counts those of the body; the last one `is_waiting` until the server has room for more.
    """

    __slots__ = ("is_complete", "is_waiting", "parts", "sent_bytes", "status")

    def __init__(self) -> None:
        self.status = 0
        self.sent_bytes = 0
        self.is_complete = False
        self.parts = 0
        self.is_waiting = False

    @property
    def has_begun(self) -> bool:
        """Whether the head was sent, so that the status cannot change any more."""
        return self.status != 0


def track_response(app: ASGIApp) -> ASGIApp:
    """Wrap `app`: record the progress of each response, for `progress_of`."""

    async def tracked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        progress = ResponseProgress()
        cast(Any, scope).setdefault("extensions", {})[_EXTENSION] = progress

        async def send_tracked(message: Message) -> None:
            if message["type"] == "http.response.start":
                progress.status = int(message["status"])
                await send(message)
                return
            if message["type"] == "http.response.body":
                progress.sent_bytes += 0 if scope["method"] == "HEAD" else len(message.get("body", b""))
                progress.is_complete = not message.get("more_body", False)
            elif message["type"] == ZERO_COPY_SEND:
                progress.sent_bytes += cast(Any, message)["count"]
            progress.parts += 1
            progress.is_waiting = True
            await send(message)
            progress.is_waiting = False

        await app(scope, receive, send_tracked)

    return tracked


def progress_of(scope: HTTPScope) -> ResponseProgress:
    """Return the progress of the response to the request, which `track_response` records."""
    return cast(ResponseProgress, cast(Any, scope)["extensions"][_EXTENSION])
