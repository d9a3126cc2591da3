"""The connection as one request sees it."""

import asyncio
from typing import Any, Protocol

from service.http.connection import EXTENSION, ZERO_COPY_SEND


class WholeConnection(Protocol):
    """The connection of many requests."""

    @property
    def unsent(self) -> int: ...

    def authenticate(self) -> None: ...

    def cut(self) -> None: ...

    def truncate_response(self) -> None: ...


class RequestConnection:
    """A `service.http.connection.Connection` with the trailers of its request."""

    def __init__(self, connection: WholeConnection) -> None:
        self._connection = connection
        self.trailers: list[tuple[bytes, bytes]] = []
        self.task: asyncio.Task[None] | None = None

    def extensions(self, *, is_plain: bool) -> Any:
        """Return the extensions of ASGI for the request. Files can be sent where the connection `is_plain`, not TLS."""
        return {EXTENSION: self, ZERO_COPY_SEND: {}} if is_plain else {EXTENSION: self}

    @property
    def unsent(self) -> int:
        return self._connection.unsent

    def authenticate(self) -> None:
        self._connection.authenticate()

    def cut(self) -> None:
        self._connection.cut()

    def truncate_response(self) -> None:
        self._connection.truncate_response()
