"""Responses to HTTP/1.0, which has no chunked coding."""

import asyncio
from typing import Any


class UnchunkedTransport:
    """A transport that removes the chunked coding: a body of unknown length ends with its connection.

    It relies on uvicorn, which writes the head in one call and each chunk in one.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._is_head = True
        self._is_chunked = False

    def write(self, data: bytes) -> None:
        if self._is_head:
            self._is_head = False
            head = data.replace(b"transfer-encoding: chunked\r\n", b"")
            self._is_chunked = head != data
            self._transport.write(head)
        elif self._is_chunked and data:
            size, _, rest = data.partition(b"\r\n")
            self._transport.write(rest[: int(size, 16)])
        else:
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
