"""Authentication by bearer token (RFC 6750, section 2.1)."""

from typing import Any, cast

import msgspec
from litestar.connection import ASGIConnection
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import HTTPScope

from domain.access.acting import acting
from domain.access.authenticate import Authenticate
from domain.access.callers import NOBODY, Caller
from domain.access.errors import RateLimitedError, UnauthenticatedError
from domain.access.limits import LimitCallers
from service.http.access import access_of
from service.http.connection import mark_authenticated
from service.http.direct_routes import raise_refusal
from service.http.headers.rate_limits import standing_fields
from service.http.middleware.request_log import RESPONSE_FIELDS

_SCHEME = "bearer "


async def authenticate(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard all routes: find the caller, who is the `user` of the connection, and count the request.

    A path's `OPTIONS` need no key: they do nothing, and are in the document that is open to all. Raises the errors of
    `Authenticate`, and `RateLimitedError`.
    """
    raise_refusal(connection.scope)
    if connection.scope.get("method") == HttpMethod.OPTIONS:
        return
    access = access_of(cast(HTTPRouteHandler, handler))
    if access.is_open:
        # The task of a request may begin with what the request before it has left on the connection.
        acting.set(NOBODY)
        return
    credential = connection.headers.get("authorization")
    if credential is None and access.or_public and access.public_with in {"", *connection.query_params}:
        caller = NOBODY
    else:
        caller = await _authenticated(connection, credential or "")
        mark_authenticated(cast(HTTPScope, connection.scope))
    state: dict[str, Any] = connection.scope.get("state", {})
    caller = msgspec.structs.replace(caller, address=state.get("client"), request_id=state.get("request_id"))
    connection.scope["user"] = caller
    acting.set(caller)
    limit: LimitCallers = await connection.app.state.dishka_container.get(LimitCallers)
    standing = limit.count_request(caller)
    state[RESPONSE_FIELDS] = standing_fields(standing)
    if standing.is_over:
        raise RateLimitedError(
            f"The caller makes more requests a second than it may: {standing.limits.rate}.",
            retry_after=standing.seconds,
        )


async def _authenticated(connection: ASGIConnection[Any, Any, Any, Any], header: str) -> Caller:
    if not header.lower().startswith(_SCHEME):
        raise UnauthenticatedError(UnauthenticatedError.example)
    find: Authenticate = await connection.app.state.dishka_container.get(Authenticate)
    return await find(header[len(_SCHEME) :].strip(), connection.scope.get("state", {}).get("client", ""))
