"""The connection of a request, as the server offers it beyond ASGI: trailers, unsent bytes, and ways to end it."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol, cast

from litestar.types import HTTPScope

# The connection's key among the extensions of a scope.
EXTENSION = "fileport.connection"
# ASGI's extension Zero Copy Send, and its message: the operating system sends a part of a file.
ZERO_COPY_SEND = "http.response.zerocopysend"

Fields = Sequence[tuple[bytes, bytes]]


class Connection(Protocol):
    """The connection of one request."""

    @property
    def trailers(self) -> Fields:
        """The trailer fields of the request, with names in lower case; complete once its body has ended."""

    @property
    def unsent(self) -> int:
        """The number of bytes that wait here for the client to receive them."""

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """The task that runs the application for the request."""

    def authenticate(self) -> None:
        """Count the connection among those whose client has shown a valid key."""

    def cut(self) -> None:
        """Reset the connection at once and drop all unsent bytes: the client sees an error."""

    def truncate_response(self) -> None:
        """Close the connection once the client has received all unsent bytes: the client sees a short response."""


def trailers(scope: HTTPScope) -> Fields:
    """Return the trailer fields of the request (RFC 9110, section 6.5), once its body has ended."""
    connection = _connection(scope)
    return () if connection is None else connection.trailers


def unsent_bytes(scope: HTTPScope) -> int | None:
    """Return the number of bytes that wait for the client to receive them; None where the server does not tell."""
    connection = _connection(scope)
    return None if connection is None else connection.unsent


def can_send_files(scope: HTTPScope) -> bool:
    """Return whether a part of a file can be sent as a message of `ZERO_COPY_SEND`."""
    return ZERO_COPY_SEND in (scope.get("extensions") or {})


def task_of(scope: HTTPScope) -> "asyncio.Task[Any] | None":
    """Return the task that runs the application for the request. asyncio takes far longer to tell the current one."""
    connection = _connection(scope)
    return asyncio.current_task() if connection is None else connection.task


def mark_authenticated(scope: HTTPScope) -> None:
    """Say that the client of the request has shown a valid key: fewer connections without one may be open."""
    connection = _connection(scope)
    if connection is not None:
        connection.authenticate()


def cut(scope: HTTPScope) -> None:
    """Reset the connection of the request, and drop all bytes that its client has not received.

    ASGI has no call for that: a server whose application abandons a response keeps the connection until the client
    has received all that was sent before.
    """
    connection = _connection(scope)
    if connection is not None:
        connection.cut()


def truncate_response(scope: HTTPScope) -> bool:
    """End the response to the request where it is, and its connection with it. Return whether there is a connection."""
    connection = _connection(scope)
    if connection is not None:
        connection.truncate_response()
    return connection is not None


def _connection(scope: HTTPScope) -> Connection | None:
    return cast(Connection | None, (scope.get("extensions") or {}).get(EXTENSION))
