"""Files as parts of responses, which the operating system sends: ASGI's extension Zero Copy Send."""

import asyncio
import errno
import os
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from service.server import tcp
from service.server.http1.sequential_flow import SequentialFlow
from service.server.http1.unchunked import UnchunkedTransport

_COPIED_BYTES = 128 * 1024
# A transport tells that the client has room again only after it had none for bytes of the transport's own.
_PROBE_BYTES = 16 * 1024
# The errors of files that the system cannot send.
_NOT_SENDABLE = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EOVERFLOW})


async def send_file(cycle: RequestResponseCycle, message: Any) -> None:
    """Send `count` bytes of the `file` from `offset` on, as a part of the body.

    Returns once the client has room for more, or is gone. Reads from the file block: its bytes should be in memory.
    Raises `OSError` where it has fewer.
    """
    flow = cast(SequentialFlow, cycle.flow)
    await _drain(cycle)
    if cycle.disconnected or cycle.scope["method"] == "HEAD":
        return
    offset, count = message["offset"], message["count"]
    flow.unsent_file_bytes = count
    try:
        if cycle.chunked_encoding or isinstance(cycle.transport, UnchunkedTransport):
            await _copy(cycle, message["file"].fileno(), offset + count)
        else:
            _expect(cycle, count)
            await _send(cycle, message["file"].fileno(), offset + count)
    finally:
        flow.unsent_file_bytes = 0


async def _send(cycle: RequestResponseCycle, file: int, end: int) -> None:
    flow = cast(SequentialFlow, cycle.flow)
    is_sendable = True
    while flow.unsent_file_bytes and not cycle.disconnected and not cycle.transport.is_closing():
        # While the transport holds bytes, others may not overtake them.
        if is_sendable and cycle.transport.get_write_buffer_size() == 0:
            left = flow.unsent_file_bytes
            try:
                flow.unsent_file_bytes -= tcp.send_file(cycle.transport, file, end - left, left)
            except OSError as error:
                if error.errno not in _NOT_SENDABLE:
                    raise
                is_sendable = False
        if left := flow.unsent_file_bytes:
            data = _read(file, end - left, min(left, _PROBE_BYTES if is_sendable else _COPIED_BYTES))
            flow.unsent_file_bytes -= len(data)
            cycle.transport.write(data)
        await _drain(cycle)
    # A client that takes all at once would leave no time for the others.
    await asyncio.sleep(0)


async def _copy(cycle: RequestResponseCycle, file: int, end: int) -> None:
    flow = cast(SequentialFlow, cycle.flow)
    while (left := flow.unsent_file_bytes) and not cycle.disconnected:
        data = _read(file, end - left, min(left, _COPIED_BYTES))
        flow.unsent_file_bytes -= len(data)
        await cycle.send({"type": "http.response.body", "body": data, "more_body": True})
        await _drain(cycle)


async def _drain(cycle: RequestResponseCycle) -> None:
    if cycle.flow.write_paused and not cycle.disconnected:
        await cycle.flow.drain()


def _expect(cycle: RequestResponseCycle, count: int) -> None:
    # As uvicorn does for bodies.
    if count > cycle.expected_content_length:
        raise RuntimeError("Response content longer than Content-Length")
    cycle.expected_content_length -= count


def _read(file: int, offset: int, count: int) -> bytes:
    data = os.pread(file, count, offset)
    if not data:
        raise OSError(errno.EIO, "The file ends before the bytes that were to be sent.")
    return data
