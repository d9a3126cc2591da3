"""The application of the S3 protocol: verify, find the operation, serve it, and render what goes wrong.

It is no framework's: the path is needed as it was sent, for the signature and for the key.
"""

from functools import partial
from typing import Any, TypeVar, cast

import msgspec
import structlog
from dishka import AsyncContainer
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from domain.access.acting import acting
from domain.access.callers import NOBODY, Caller
from domain.access.errors import UnauthenticatedError
from domain.access.limits import LimitCallers
from domain.audit.denials import Denials
from domain.errors import FileportError
from service.http.connection import mark_authenticated
from service.http.denials import denial_of
from service.http.headers.rate_limits import standing_fields
from service.http.middleware.request_log import RESPONSE_FIELDS
from service.http.middleware.response_progress import progress_of
from service.observability.causes import facts_of
from service.s3.address import Address, Addresses
from service.s3.errors import S3Error, error_of
from service.s3.operations import Handler, Operation, find_operation
from service.s3.query import decode_query
from service.s3.request import Query, S3Request
from service.s3.responses import error_response
from service.s3.signatures.verifier import Head, Verifier

T = TypeVar("T")

log = structlog.get_logger()


class S3App:
    """Serves requests on the handlers in `container`, each made once."""

    def __init__(self, container: AsyncContainer, addresses: Addresses) -> None:
        self._container = container
        self._addresses = addresses
        # Of the application's life, which take longer to be found in the container.
        self._parts: dict[type, object] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope = cast(HTTPScope, scope)
        exchange = _Exchange(scope)
        try:
            response = await self._respond(exchange, receive)
            await response(scope, receive, send)
        except Exception as error:
            if progress_of(scope).has_begun:
                raise
            refusal = await self._refusal(exchange, error)
            await error_response(scope, refusal, exchange.address.resource)(scope, receive, send)

    async def _respond(self, exchange: "_Exchange", receive: Receive) -> ASGIApp:
        scope = exchange.scope
        query = decode_query(scope["query_string"])
        wrong = self._look_up(exchange, query)
        head = Head(scope["method"], scope["raw_path"], scope["query_string"], query, list(scope["headers"]))
        verified = await (await self._part(Verifier))(head, exchange.caller.address or "")
        caller = await self._enter(exchange, NOBODY if verified is None else verified.caller)
        # Only now: nobody learns what is offered without credentials that hold.
        if wrong is not None or exchange.operation is None:
            raise wrong or LookupError("An address without an operation is refused.")
        if verified is None and not exchange.operation.is_public:
            raise UnauthenticatedError(UnauthenticatedError.example)
        handler: Handler = await self._part(exchange.operation.handler)
        enter = partial(self._enter, exchange)
        return await handler(
            S3Request(scope, receive, exchange.address, Query(query), caller=caller, verified=verified, enter=enter)
        )

    def _look_up(self, exchange: "_Exchange", query: list[tuple[str, str]]) -> S3Error | None:
        """Find the address and the operation of a request. Return what is wrong with them."""
        scope: Any = exchange.scope
        scope["path_template"] = "s3"
        try:
            exchange.address = self._addresses.parse(scope)
            parameters = {name for name, _ in query}
            # SDKs move headers into the query of a presigned URL.
            headers = {name for name, _ in scope["headers"]} | {name.lower().encode() for name in parameters}
            exchange.operation = find_operation(exchange.address, scope["method"], parameters, headers)
        except S3Error as error:
            return error
        # Where the log and the metrics look for the template of a path.
        scope["path_template"] = f"s3/{exchange.operation.name}"
        return None

    async def _enter(self, exchange: "_Exchange", caller: Caller) -> Caller:
        """Make the caller that of the request, and count the request. Raises `S3Error`, `SlowDown`."""
        scope, known = exchange.scope, exchange.caller
        caller = msgspec.structs.replace(caller, address=known.address, request_id=known.request_id)
        exchange.caller = scope["user"] = caller
        acting.set(caller)
        if caller.kind != "nobody":
            mark_authenticated(scope)
        standing = (await self._part(LimitCallers)).count_request(caller)
        if fields := standing_fields(standing):
            scope["state"][RESPONSE_FIELDS] = fields
        if standing.is_over:
            raise S3Error(
                "SlowDown",
                f"The caller makes more requests a second than it may: {standing.limits.rate}.",
                headers={"Retry-After": str(standing.seconds)},
            )
        return caller

    async def _refusal(self, exchange: "_Exchange", error: Exception) -> S3Error:
        """Return what a request is refused with. A denial goes to the audit."""
        if isinstance(error, S3Error):
            return error
        if not isinstance(error, FileportError):
            log.error("request failed", exc_info=error)
            return S3Error("InternalError", "Something went wrong here; it is not the request's fault.")
        denial = denial_of(
            error,
            exchange.caller,
            action=None if exchange.operation is None else exchange.operation.action,
            bucket=exchange.address.bucket or None,
            name=exchange.address.key or None,
        )
        if denial is not None:
            (await self._part(Denials)).add(denial)
        refusal = error_of(error)
        if refusal.status >= 500:
            log.warning("request failed", **facts_of(error))
        return refusal

    async def _part(self, kind: type[T]) -> T:
        if kind not in self._parts:
            self._parts[kind] = await self._container.get(kind)
        return cast(T, self._parts[kind])


class _Exchange:
    """What is known of a request so far, for its refusal."""

    def __init__(self, scope: HTTPScope) -> None:
        self.scope = scope
        self.address = Address()
        self.operation: Operation | None = None
        state = scope["state"]
        self.caller: Caller = msgspec.structs.replace(NOBODY, address=state["client"], request_id=state["request_id"])
