"""HTTP/1.1 on a real socket: bodies, trailers, and the requests of one connection."""

import asyncio
import json
from typing import Any

import pytest

from service.server.http1.protocol import Http1Protocol
from service.server.http1.receiver import READ_BYTES
from tests.unit.server.wire import GET, PUT, UPGRADE, connect, echo


async def test_trailers_are_known_at_the_end_of_the_body() -> None:
    async with connect() as client:
        status, _, answer = await client.ask(
            PUT + b"Trailer: Upload-Checksum\r\n\r\n", b"3\r\nabc\r\n0\r\nUpload-Che", b"cksum: md5 x\r\nA: b\r\n\r\n"
        )
        assert (status, answer["body"]) == (200, "abc")
        assert answer["trailers"] == [["upload-checksum", "md5 x"], ["a", "b"]]


async def test_trailers_belong_to_their_request_and_are_no_fields_of_its_head() -> None:
    heads = []

    async def recorded(scope: Any, receive: Any, send: Any) -> None:
        await echo(scope, receive, send)
        heads.append([name for name, _ in scope["headers"]])

    async with connect(recorded) as client:
        request = PUT + b"\r\n1\r\na\r\n0\r\nAuthorization: x\r\n\r\n"
        first = await client.ask(request + GET + b"\r\n" + request)
        second, third = await client.answer(), await client.answer()
    assert [answer["trailers"] for _, _, answer in (first, second, third)] == [
        [["authorization", "x"]],
        [],
        [["authorization", "x"]],
    ]
    assert not any(b"authorization" in names for names in heads)


@pytest.mark.parametrize(
    ("nonsense", "status"),
    [(b"no request\r\n\r\n", 400), (GET + b"Host: y\r\n\r\n", 400), (GET + b"A: b\r\n" * 101, 431)],
)
@pytest.mark.parametrize("is_answered", [True, False])
async def test_a_request_that_is_whole_is_answered_whatever_comes_behind_it(
    nonsense: bytes, status: int, *, is_answered: bool
) -> None:
    later = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if is_answered:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        later.set()
        assert not (await receive())["more_body"]
        if not is_answered:
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    async with connect(slow) as client:
        client.writer.write(PUT + b"\r\n3\r\nabc\r\n0\r\n\r\n" + nonsense)
        await later.wait()
        assert (await client.answer())[0] == 200
        assert (await client.answer())[0] == status
        assert not await client.rest()


async def test_http_1_0_has_no_chunks_and_one_request() -> None:
    async with connect() as client:
        client.writer.write(b"GET /chunked HTTP/1.0\r\n\r\n")
        head, _, body = (await client.rest()).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert json.loads(body)["path"] == "/chunked"
    async with connect() as client:
        status, _, answer = await client.ask(b"PUT / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc")
        assert (status, answer["body"]) == (200, "abc")
        assert not await client.rest()


async def test_an_upgrade_that_is_not_taken_loses_no_body() -> None:
    request = UPGRADE + b"Content-Length: 3\r\n\r\n"
    chunked = UPGRADE + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n"
    async with connect() as client:
        for data, trailers_ in (((request, b"abc"), []), ((request + b"abc",), []), ((chunked,), [["a", "b"]])):
            status, _, answer = await client.ask(*data)
            assert (status, answer["body"], answer["trailers"]) == (200, "abc", trailers_)
        client.writer.write((request + b"abc") * 1500)
        for _ in range(1500):
            assert (await client.answer())[2]["body"] == "abc"


async def test_all_that_came_before_a_disconnect_is_received() -> None:
    begun, gone = asyncio.Event(), asyncio.Event()
    seen: list[tuple[bytes, bool]] = []

    async def late(_: Any, receive: Any, __: Any) -> None:
        begun.set()
        await gone.wait()
        while (message := await receive())["type"] == "http.request":
            seen.append((message["body"], message["more_body"]))

    class Telling(Http1Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            gone.set()

    for request, received in (
        (b"Content-Length: 1000\r\n\r\n" + b"x" * 999, [(b"x" * 999, True)]),
        (b"Content-Length: 3\r\n\r\nabc", [(b"abc", False)]),
        (b"Content-Length: 0\r\n\r\n", [(b"", False)]),
    ):
        begun.clear()
        gone.clear()
        seen.clear()
        async with connect(late, protocol=Telling) as client:
            client.writer.write(b"PUT / HTTP/1.1\r\nHost: x\r\n" + request)
            await begun.wait()
            client.reset()
            await gone.wait()
        assert seen == received


async def test_an_answer_is_framed_by_the_method_that_was_sent() -> None:
    async def other(scope: Any, _: Any, send: Any) -> None:
        scope["method"] = "GET"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    async with connect(other) as client:
        client.writer.write(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await client.rest()).endswith(b"\r\n\r\n")


async def test_a_client_that_ended_its_side_gets_the_responses_to_all_whole_requests() -> None:
    whole = PUT + b"\r\n3\r\nabc\r\n0\r\n\r\n"
    for sent, responses in (
        (GET + b"\r\n", 1),
        (whole, 1),
        (whole + GET + b"\r\n" + whole, 3),
        (whole + GET, 1),
        (whole + PUT + b"\r\n3\r\na", 1),
        ((GET + b"\r\n") * 5000, 5000),
        (GET + b"Connection: close\r\n\r\n" + whole, 1),
    ):
        async with connect() as client:
            client.writer.write(sent)
            client.writer.write_eof()
            for _ in range(responses):
                assert (await client.answer())[0] == 200
            assert not await client.rest()


async def test_half_a_request_and_the_end_is_a_disconnect() -> None:
    seen = []

    async def recorded(_: Any, receive: Any, __: Any) -> None:
        while (message := await receive())["type"] == "http.request":
            seen.append(message["body"])
        seen.append(message["type"])

    async with connect(recorded) as client:
        client.writer.write(PUT + b"\r\n3\r\nabc\r\n")
        client.writer.write_eof()
        assert not await client.rest()
    assert b"".join(seen[:-1]) == b"abc"
    assert seen[-1] == "http.disconnect"
    async with connect(recorded) as client:
        client.writer.write(GET)
        client.writer.write_eof()
        assert not await client.rest()


async def test_the_response_to_a_last_request_says_that_the_connection_ends() -> None:
    later = asyncio.Event()

    class Ended(Http1Protocol):
        def eof_received(self) -> Any:
            later.set()
            return super().eof_received()

    async def late(scope: Any, receive: Any, send: Any) -> None:
        await later.wait()
        await echo(scope, receive, send)

    async with connect(late, protocol=Ended) as client:
        client.writer.write(GET + b"\r\n")
        client.writer.write_eof()
        assert (await client.answer())[1][b"connection"] == b"close"


async def test_requests_sent_ahead_wait_unparsed_and_few_are_read() -> None:
    begun, later = asyncio.Event(), asyncio.Event()
    count = 0
    read = 0

    class Counting(Http1Protocol):
        def bytes_received(self, buffer: bytearray, size: int) -> None:
            nonlocal read
            read += size
            super().bytes_received(buffer, size)

    async def late(scope: Any, receive: Any, send: Any) -> None:
        nonlocal count
        count += 1
        begun.set()
        await later.wait()
        await echo(scope, receive, send)

    request = GET + b"A: " + b"a" * 1000 + b"\r\n\r\n"
    many = 500
    async with connect(late, protocol=Counting) as client:
        client.writer.write(request * many)
        await begun.wait()
        for _ in range(100):
            await asyncio.sleep(0)
        assert count == 1
        assert read <= 2 * READ_BYTES
        later.set()
        for _ in range(many):
            assert (await client.answer())[0] == 200
    assert count == many


async def test_an_application_makes_no_more_of_a_response_than_is_taken() -> None:
    held: list[int] = []
    connections: list[asyncio.Transport] = []

    class Observed(Http1Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
            connections.append(transport)
            super().connection_made(transport)

    async def large(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(100):
            await send({"type": "http.response.body", "body": bytes(2**18), "more_body": True})
            held.append(connections[0].get_write_buffer_size())
        await send({"type": "http.response.body", "body": b""})

    async with connect(large, protocol=Observed) as client:
        client.writer.write(GET + b"Connection: close\r\n\r\n")
        assert len(await client.rest()) > 100 * 2**18
    assert held == [0] * 100


async def test_bodies_in_pieces_of_any_size_come_whole() -> None:
    letters = [bytes([ord("a") + number % 26]) for number in range(20_000)]
    pieces = [*letters, b"x" * 300_000, *letters, b"y" * 70_000]
    came = bytearray()

    async def read(_: Any, receive: Any, send: Any) -> None:
        message = await receive()
        while message["type"] == "http.request":
            assert type(message["body"]) is bytes
            came.extend(message["body"])
            if not message["more_body"]:
                break
            message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    async with connect(read) as client:
        assert (await client.ask(PUT + b"\r\n" + chunks + b"0\r\n\r\n"))[0] == 200
    assert came == b"".join(pieces)
