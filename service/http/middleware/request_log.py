"""One line of the log and one figure a request, and an id that ties every other line to it."""

import re
import time

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from domain.values.ids import new_id
from service.http.headers.dates import http_date_now
from service.observability.metrics import count_request

log = structlog.get_logger()

_FIT_ID = re.compile(rb"[0-9A-Za-z._-]{1,128}")


def observe_requests(app: ASGIApp) -> ASGIApp:
    """Wrap `app`: keep the caller's `X-Request-Id` or make one, answer with it, log and count how the request went.

    Of the request only its method and path are logged: a query may hold what nobody should read.
    """

    async def observed(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        request_id = given if _FIT_ID.fullmatch(given) else str(new_id()).encode()
        status = 0
        sent = 0
        whole = False

        async def send_with_id(message: Message) -> None:
            nonlocal status, sent, whole
            if message["type"] == "http.response.start":
                status = int(message["status"])
                # A server's own is as old as the request, or a second: what has changed since would be in the future.
                added = [(b"date", http_date_now()), (b"x-request-id", request_id)]
                message["headers"] = [*message["headers"], *added]
            elif message["type"] == "http.response.body":
                sent += 0 if scope["method"] == "HEAD" else len(message.get("body", b""))
                whole = not message.get("more_body", False)
            await send(message)

        begun = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id.decode()):
            try:
                await app(scope, receive, send_with_id)
            finally:
                seconds = time.perf_counter() - begun
                method = str(scope["method"])
                route = scope.get("path_template") or "none"
                count_request(method=method, route=route, status=status, sent=sent, seconds=seconds)
                log.info(
                    "request",
                    method=method,
                    # As it was sent, percent-encoded: nothing in it moves a cursor or ends a line.
                    path=scope["raw_path"].decode("ascii", "backslashreplace"),
                    status=status,
                    sent=sent,
                    whole=whole,
                    milliseconds=round(seconds * 1000, 1),
                )

    return observed
