"""How much of a body is read at once."""

import asyncio
from typing import Any

from service.server.http1.receiver import body_read_size
from tests.unit.server.wire import connect

MIB = 1024 * 1024


def test_many_requests_read_little_each_so_that_all_together_stay_bounded() -> None:
    assert body_read_size(1, MIB) == MIB
    assert all(number * body_read_size(number, MIB) <= 8 * MIB for number in range(1, 33))
    assert body_read_size(2000, MIB) == MIB // 4


def test_reads_grow_with_what_comes() -> None:
    assert body_read_size(1, 0) == body_read_size(1, 1000) == MIB // 4
    assert body_read_size(1, MIB // 4) == MIB // 2


async def test_an_application_that_waits_gets_a_large_body_in_few_pieces() -> None:
    body = bytes(range(256)) * (16 * 1024)
    waits, pieces = asyncio.Event(), list[bytes]()

    async def gather(_: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            waits.set()
            message = await receive()
            pieces.append(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    async with connect(gather) as client:
        client.writer.write(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body))
        await waits.wait()
        await client.ask(body)
    assert b"".join(pieces) == body
    assert max(map(len, pieces)) <= MIB
