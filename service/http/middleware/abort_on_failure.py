"""Failures after a response has begun: its status cannot change any more, so its connection ends."""

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from domain.errors import FileportError
from service.http.connection import truncate_response
from service.http.middleware.response_progress import progress_of
from service.observability.causes import facts_of

log = structlog.get_logger()


def abort_on_failure(app: ASGIApp) -> ASGIApp:
    """Wrap `app`: where it fails after the response has begun, the client sees a short body and never a clean end."""

    async def aborting(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except Exception as error:
            if scope["type"] != ScopeType.HTTP or not progress_of(scope).has_begun or not truncate_response(scope):
                raise
            # The framework wraps an error that it meets after the response has begun.
            cause = error.__cause__ or error
            if isinstance(cause, FileportError):
                log.warning("answer broken off", **facts_of(cause))
            else:
                log.exception("answer broken off")

    return aborting
