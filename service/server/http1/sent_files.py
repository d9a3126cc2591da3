"""Files as parts of responses, which the operating system sends: ASGI's extension Zero Copy Send."""

import asyncio
import errno
import os
from typing import Any, Protocol

from service.server import tcp
from service.server.http1.sequential_flow import SequentialFlow

_COPIED_BYTES = 128 * 1024
# A transport tells that the client has room again only after it had none for bytes of the transport's own.
_PROBE_BYTES = 16 * 1024
# The errors of files that the system cannot send.
_NOT_SENDABLE = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EOVERFLOW})


class Outgoing(Protocol):
    """The response of an exchange, which has begun."""

    flow: SequentialFlow
    transport: asyncio.Transport
    disconnected: bool
    chunked_encoding: bool
    is_head: bool

    async def send(self, message: Any) -> None: ...

    def count_body(self, size: int) -> None: ...

    def send_head(self) -> None: ...


async def send_file(exchange: Outgoing, message: Any) -> None:
    """Send `count` bytes of the `file` from `offset` on, as a part of the body.

    Returns once the client has room for more, or is gone. Reads from the file block: its bytes should be in memory.
    Raises `OSError` where it has fewer.
    """
    flow = exchange.flow
    await _drain(exchange)
    if exchange.disconnected:
        # Else all parts could be passed, and the response be taken for whole, before the end of the client is told.
        await asyncio.sleep(0)
        return
    if exchange.is_head:
        return
    offset, count = message["offset"], message["count"]
    flow.unsent_file_bytes = count
    try:
        if exchange.chunked_encoding:
            await _copy(exchange, message["file"].fileno(), offset + count)
        else:
            exchange.count_body(count)
            exchange.send_head()
            await _send(exchange, message["file"].fileno(), offset + count)
    finally:
        flow.unsent_file_bytes = 0


async def _send(exchange: Outgoing, file: int, end: int) -> None:
    flow = exchange.flow
    is_sendable = True
    while flow.unsent_file_bytes and not exchange.disconnected and not exchange.transport.is_closing():
        # While the transport holds bytes, others may not overtake them.
        if is_sendable and exchange.transport.get_write_buffer_size() == 0:
            left = flow.unsent_file_bytes
            try:
                flow.unsent_file_bytes -= tcp.send_file(exchange.transport, file, end - left, left)
            except OSError as error:
                if error.errno not in _NOT_SENDABLE:
                    raise
                is_sendable = False
        if left := flow.unsent_file_bytes:
            data = _read(file, end - left, min(left, _PROBE_BYTES if is_sendable else _COPIED_BYTES))
            flow.unsent_file_bytes -= len(data)
            exchange.transport.write(data)
        await _drain(exchange)
    # A client that takes all at once would leave no time for the others.
    await asyncio.sleep(0)


async def _copy(exchange: Outgoing, file: int, end: int) -> None:
    flow = exchange.flow
    while (left := flow.unsent_file_bytes) and not exchange.disconnected:
        data = _read(file, end - left, min(left, _COPIED_BYTES))
        flow.unsent_file_bytes -= len(data)
        await exchange.send({"type": "http.response.body", "body": data, "more_body": True})
        await _drain(exchange)


async def _drain(exchange: Outgoing) -> None:
    if exchange.flow.write_paused and not exchange.disconnected:
        await exchange.flow.drain()


def _read(file: int, offset: int, count: int) -> bytes:
    data = os.pread(file, count, offset)
    if not data:
        raise OSError(errno.EIO, "The file ends before the bytes that were to be sent.")
    return data
