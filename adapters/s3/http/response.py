"""The response to a request, whose body is read as it arrives."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from adapters.s3.http.connection import Connection
from adapters.s3.http.heads import MalformedResponseError, ResponseHead, content_length, decode_chunks


class Response:
    """Its connection is free when the body was read to its end; `close` ends one that has more to come. Idempotent."""

    __slots__ = ("_connection", "_head", "_release", "headers", "method", "reason", "status")

    def __init__(
        self, method: str, head: ResponseHead, connection: Connection, release: Callable[[Connection], None]
    ) -> None:
        self.method = method
        self.status = head.status
        self.reason = head.reason
        self.headers = head.headers
        self._head = head
        self._connection: Connection | None = connection
        self._release = release
        if head.body_size == 0:
            self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def length(self) -> int | None:
        """The length that the response tells: to HEAD, that of the body which GET would have."""
        value = self.headers.get("content-length")
        return None if value is None or self._head.is_chunked else content_length(value)

    @property
    def has_body(self) -> bool:
        return self._head.body_size != 0

    async def receive(self) -> bytes:
        """Return the next bytes of the body as they were sent, chunked or not; none at its end. Raises `OSError`."""
        connection = self._connection
        if connection is None:
            return b""
        chunk = await connection.receive()
        if connection.is_read:
            self.close()
        return chunk

    async def read(self, limit: int) -> bytes:
        """Return a body of up to `limit` bytes, chunked or not. Raises `OSError` where it is longer, or breaks off."""
        received = bytearray()
        while True:
            chunk = await self.receive()
            received += chunk
            if len(received) > limit:
                raise MalformedResponseError("The response is too long.")
            if not self._head.is_chunked:
                if not chunk:
                    return bytes(received)
            elif (content := decode_chunks(bytes(received))) is not None:
                return content
            elif not chunk:
                raise MalformedResponseError("The response ends before its last chunk.")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._release(connection)
