"""Authentication by bearer token (RFC 6750, section 2.1)."""

from collections.abc import Iterable
from typing import Any, TypeVar, cast

import msgspec
from dishka import AsyncContainer
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

T = TypeVar("T")

_SCHEME = "bearer "


class Authentication:
    """The guard of all routes of the API: it finds the caller, who is the `user` of the connection."""

    def __init__(self, container: AsyncContainer) -> None:
        self._container = container
        # Of the application's life, which take longer to be found in the container.
        self._parts: dict[type, Any] = {}

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Find the caller, and count the request.

        A path's `OPTIONS` need no key: they do nothing, and are in the document that is open to all. Raises the errors
        of `Authenticate`, and `RateLimitedError`.
        """
        raise_refusal(connection.scope)
        if connection.scope.get("method") == HttpMethod.OPTIONS:
            return
        access = access_of(cast(HTTPRouteHandler, handler))
        if access.is_open:
            # The task of a request may begin with what the request before it has left on the connection.
            acting.set(NOBODY)
            return
        credential = _credential(connection.scope["headers"])
        if credential is None and access.or_public and access.public_with in {"", *connection.query_params}:
            caller = NOBODY
        else:
            caller = await self._authenticated(connection, credential or "")
            mark_authenticated(cast(HTTPScope, connection.scope))
        state: dict[str, Any] = connection.scope.get("state", {})
        caller = msgspec.structs.replace(caller, address=state.get("client"), request_id=state.get("request_id"))
        connection.scope["user"] = caller
        acting.set(caller)
        standing = (await self._part(LimitCallers)).count_request(caller)
        if fields := standing_fields(standing):
            state[RESPONSE_FIELDS] = fields
        if standing.is_over:
            raise RateLimitedError(
                f"The caller makes more requests a second than it may: {standing.limits.rate}.",
                retry_after=standing.seconds,
            )

    async def _authenticated(self, connection: ASGIConnection[Any, Any, Any, Any], header: str) -> Caller:
        if not header.lower().startswith(_SCHEME):
            raise UnauthenticatedError(UnauthenticatedError.example)
        find = await self._part(Authenticate)
        return await find(header[len(_SCHEME) :].strip(), connection.scope.get("state", {}).get("client", ""))

    async def _part(self, kind: type[T]) -> T:
        if kind not in self._parts:
            self._parts[kind] = await self._container.get(kind)
        return cast(T, self._parts[kind])


def _credential(fields: Iterable[tuple[bytes, bytes]]) -> str | None:
    # A header that stands twice is refused by another guard.
    return next((value.decode("latin-1") for name, value in fields if name == b"authorization"), None)
