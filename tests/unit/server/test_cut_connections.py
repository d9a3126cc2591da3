"""Connections that end early: cut by the server, by the application, or left by the client."""

import asyncio
from typing import Any

import pytest

from service.http.connection import cut, trailers, truncate_response, unsent_bytes
from service.server.http1 import protocol as http1
from service.server.http1.protocol import Http1Protocol
from tests.unit.server.wire import GET, PUT, connect

# Far more than the buffers on the way hold.
LARGE = bytes(64 * 1024**2)


async def test_a_body_that_breaks_is_a_disconnect_for_the_application() -> None:
    seen = []

    async def recorded(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "http.request":
            pass
        seen.append(message["type"])
        await send({"type": "http.response.start", "status": 500, "headers": []})

    async with connect(recorded) as client:
        assert (await client.ask(PUT + b"\r\n3\r\nabc\r\n", b"x\r\n"))[0] == 400
    assert seen == ["http.disconnect"]


async def test_an_answer_that_has_begun_is_cut_where_the_body_breaks() -> None:
    async def hasty(_: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]})
        while (await receive())["type"] == "http.request":
            pass

    async with connect(hasty) as client:
        client.writer.write(PUT + b"\r\n1\r\na\r\n")
        head = await client.reader.readuntil(b"\r\n\r\n")
        client.writer.write(b"x\r\n")
        assert b"200" in head
        assert not await client.until_reset()


async def test_a_reset_amid_pipelined_requests_reaches_the_one_in_flight() -> None:
    seen = []

    async def endless(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        seen.append(scope["path"])

    async with connect(endless) as client:
        client.writer.write(GET + b"\r\n" + GET + b"\r\n")
        await client.reader.readuntil(b"\r\n\r\n")
        client.reset()
    assert seen == ["/"]


async def test_a_connection_can_be_cut_and_nothing_is_done_to_one_that_is_gone() -> None:
    async def cutting(scope: Any, _: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": LARGE, "more_body": True})
        assert 0 < (unsent_bytes(scope) or 0) <= len(LARGE) + 1000
        cut(scope)
        await asyncio.sleep(0)
        cut(scope)
        assert unsent_bytes(scope) == 0

    async with connect(cutting) as client:
        client.writer.write(GET + b"\r\n")
        assert await client.until_reset() < len(LARGE)


@pytest.mark.parametrize("length", [b"", b"Content-Length: 1000000000\r\n"])
async def test_a_truncated_response_is_short_and_all_sent_bytes_arrive(length: bytes) -> None:
    async def breaking(scope: Any, _: Any, send: Any) -> None:
        headers = [tuple(length.strip().split(b": "))] if length else []
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": LARGE, "more_body": True})
        assert truncate_response(scope)

    async with connect(breaking) as client:
        client.writer.write(GET + b"\r\n")
        _, _, body = (await client.rest()).partition(b"\r\n\r\n")
        assert len(LARGE) <= len(body) < len(LARGE) + 100
        assert not body.endswith(b"0\r\n\r\n")


async def test_a_truncated_response_of_http_1_0_has_no_clean_end() -> None:
    async def breaking(scope: Any, _: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        truncate_response(scope)

    async with connect(breaking) as client:
        client.writer.write(b"GET / HTTP/1.0\r\n\r\n")
        await client.until_reset()


def test_a_request_without_a_server_has_no_connection() -> None:
    scope: Any = {"type": "http"}
    cut(scope)
    assert not truncate_response(scope)
    assert unsent_bytes(scope) is None
    assert not trailers(scope)


@pytest.mark.parametrize("field", [b"", b"Connection: close\r\n"])
async def test_an_answer_that_is_complete_but_never_taken_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, field: bytes
) -> None:
    monkeypatch.setattr(http1, "STALLED_SECONDS", 0.05)
    lost = asyncio.Event()

    class Losing(Http1Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            lost.set()

    async def whole(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(LARGE))]})
        await send({"type": "http.response.body", "body": LARGE})

    async with connect(whole, keep_alive=0.05, protocol=Losing) as client:
        client.writer.write(GET + field + b"\r\n")
        await lost.wait()


async def test_an_answer_that_is_taken_slowly_is_taken_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "STALLED_SECONDS", 0.3)
    looked = asyncio.Event()

    class Looking(Http1Protocol):
        @property
        def unsent(self) -> int:
            looked.set()
            return super().unsent

    async def whole(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": LARGE})

    async with connect(whole, protocol=Looking) as client:
        client.writer.write(GET + b"Connection: close\r\n\r\n")
        taken = 0
        for _ in range(3):
            await looked.wait()
            looked.clear()
            taken += len(await client.reader.readexactly(8 * 2**20))
        assert taken + len(await client.rest()) > len(LARGE)
