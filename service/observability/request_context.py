"""What every line of the log that is written for a request has: its id, and the address of its client."""

from contextvars import ContextVar
from typing import NamedTuple

from structlog.typing import EventDict, WrappedLogger


class RequestContext(NamedTuple):
    request_id: str
    client: str


# One variable, whatever the lines: a request sets it more often than a line is written for one.
REQUEST: ContextVar[RequestContext | None] = ContextVar("request", default=None)


def add_request(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Add to an event the request that it belongs to, if there is one."""
    context = REQUEST.get()
    if context is not None:
        event.setdefault("request_id", context.request_id)
        event.setdefault("client", context.client)
    return event
