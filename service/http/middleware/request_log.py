"""A log line and a metric for each request, and the request id that every other log line carries."""

import re
import time
from collections.abc import Iterable, Sequence

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from service.http.headers.dates import http_date_now
from service.http.middleware.link_requests import shown_path
from service.http.middleware.response_progress import progress_of
from service.http.proxies.forwarded import Network, client_address
from service.observability.request_context import REQUEST, RequestContext
from service.observability.request_figures import count_request
from service.observability.request_ids import REQUEST_IDS
from service.observability.request_lines import REQUESTS, RequestLine

# The key, in the state of a scope, of header fields that every response to the request gets, refusals included.
RESPONSE_FIELDS = "response_fields"

_SOUND_ID = re.compile(rb"[0-9A-Za-z._-]{1,128}")


def request_id_of(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the caller's `X-Request-Id` if it is fit for logs, else a new one."""
    for name, value in fields:
        if name == b"x-request-id":
            if _SOUND_ID.fullmatch(value):
                return value
            break
    return REQUEST_IDS.new().encode()


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
        context = RequestContext(request_id.decode(), client)
        state = scope.setdefault("state", {})
        state["client"], state["request_id"] = client, context.request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                # uvicorn's date is as old as the request, or a second: a change since then would be in the future.
                added = ((b"date", http_date_now()), (b"x-request-id", request_id))
                message["headers"] = [*message["headers"], *added, *state.get(RESPONSE_FIELDS, ())]
            await send(message)

        begun = time.perf_counter()
        before = REQUEST.set(context)
        try:
            await app(scope, receive, send_with_id)
        finally:
            _record(scope, context, time.perf_counter() - begun)
            REQUEST.reset(before)

    return logged


def _record(scope: HTTPScope, context: RequestContext, seconds: float) -> None:
    response = progress_of(scope)
    method = str(scope["method"])
    route = scope.get("path_template") or "none"
    count_request(method=method, route=route, status=response.status, sent=response.sent_bytes, seconds=seconds)
    REQUESTS.add(
        RequestLine(
            context.request_id,
            context.client,
            method,
            # Percent-encoded, as it was sent: it cannot move a cursor or end a line.
            shown_path(scope),
            response.status,
            response.sent_bytes,
            response.is_complete,
            round(seconds * 1000, 1),
        )
    )
