"""A log line and a metric for each request, and the request id that every other log line carries."""

import re
import time
from collections.abc import Iterable, Sequence

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from domain.values.ids import new_id
from service.http.headers.dates import http_date_now
from service.http.middleware.link_requests import shown_path
from service.http.middleware.response_progress import progress_of
from service.http.proxies.forwarded import Network, client_address
from service.observability.request_figures import count_request
from service.observability.request_lines import REQUESTS, RequestLine

# The key, in the state of a scope, of header fields that every response to the request gets, refusals included.
RESPONSE_FIELDS = "response_fields"

_SOUND_ID = re.compile(rb"[0-9A-Za-z._-]{1,128}")


def request_id_of(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the caller's `X-Request-Id` if it is fit for logs, else a new one."""
    given = next((value for name, value in fields if name == b"x-request-id"), b"")
    return given if _SOUND_ID.fullmatch(given) else str(new_id()).encode()


def log_requests(app: ASGIApp, trusted_proxies: Sequence[Network] = ()) -> ASGIApp:
    """Wrap `app`: give the request an id, send it back, log and count the request.

    Every line that is logged meanwhile has the id, and the address of the client, which may stand behind
    `trusted_proxies`. Only the method and the path are logged: a query may hold secrets.
    """

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        request_id = request_id_of(scope["headers"])
        peer = scope["client"]
        client = client_address(peer and peer[0], scope["headers"], trusted_proxies)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                # uvicorn's date is as old as the request, or a second: a change since then would be in the future.
                added = [(b"date", http_date_now()), (b"x-request-id", request_id)]
                message["headers"] = [*message["headers"], *added, *scope["state"].get(RESPONSE_FIELDS, ())]
            await send(message)

        scope.setdefault("state", {}).update(client=client, request_id=request_id.decode())
        begun = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id.decode(), client=client):
            try:
                await app(scope, receive, send_with_id)
            finally:
                seconds = time.perf_counter() - begun
                response = progress_of(scope)
                method = str(scope["method"])
                route = scope.get("path_template") or "none"
                count_request(
                    method=method, route=route, status=response.status, sent=response.sent_bytes, seconds=seconds
                )
                REQUESTS.add(
                    RequestLine(
                        request_id=request_id.decode(),
                        client=client,
                        method=method,
                        # Percent-encoded, as it was sent: it cannot move a cursor or end a line.
                        path=shown_path(scope),
                        status=response.status,
                        sent=response.sent_bytes,
                        whole=response.is_complete,
                        milliseconds=round(seconds * 1000, 1),
                    )
                )

    return logged
