"""The connection as one request sees it."""

from typing import Protocol


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

    @property
    def unsent(self) -> int:
        return self._connection.unsent

    def authenticate(self) -> None:
        self._connection.authenticate()

    def cut(self) -> None:
        self._connection.cut()

    def truncate_response(self) -> None:
        self._connection.truncate_response()
