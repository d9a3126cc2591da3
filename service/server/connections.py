"""What a request's connection offers beyond ASGI: its trailers, what its client has yet to take, and its end."""

from collections.abc import Sequence
from typing import Protocol, cast

from litestar.types import HTTPScope

# The key of the connection among a scope's extensions.
EXTENSION = "fileport.connection"

Fields = Sequence[tuple[bytes, bytes]]


class Connection(Protocol):
    """The connection that one request came by."""

    @property
    def trailers(self) -> Fields:
        """The request's trailer fields, names in lower case; known once its body has ended."""

    @property
    def unsent(self) -> int:
        """How many bytes wait here for the client to take them."""

    def cut(self) -> None:
        """End the connection at once, whatever waits, so that the client sees that this is no clean end."""

    def break_off(self) -> None:
        """End the connection once the client has taken what was sent, which is no whole answer."""


def trailers(scope: HTTPScope) -> Fields:
    """Return the trailer fields of the request (RFC 9110, section 6.5), once its body has ended."""
    connection = _connection(scope)
    return () if connection is None else connection.trailers


def unsent_bytes(scope: HTTPScope) -> int | None:
    """Return how much waits for the client of the request; None where the server does not tell."""
    connection = _connection(scope)
    return None if connection is None else connection.unsent


def cut(scope: HTTPScope) -> None:
    """Cut off the connection that the request came by, and what was sent and not taken yet with it.

    ASGI has no call for that: a server whose application gives up a response still keeps the connection until the
    client has taken what was sent before.
    """
    connection = _connection(scope)
    if connection is not None:
        connection.cut()


def break_off(scope: HTTPScope) -> bool:
    """Have the answer to the request end where it is, and its connection with it. Returns whether there is one."""
    connection = _connection(scope)
    if connection is not None:
        connection.break_off()
    return connection is not None


def _connection(scope: HTTPScope) -> Connection | None:
    return cast(Connection | None, (scope.get("extensions") or {}).get(EXTENSION))
