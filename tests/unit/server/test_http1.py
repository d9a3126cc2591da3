"""Connections, from a client's end: what the server takes, refuses, hands on and cuts."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from service.http.connection import cut, trailers, truncate_response, unsent_bytes
from service.server import http1
from service.server.http1 import MAX_FIELDS, MAX_SECTION_BYTES, Http1Protocol

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
PUT = b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
# As Java's client asks, of every server, for HTTP/2.
UPGRADE = b"PUT / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"
# Far more than the buffers on the way hold.
LARGE = bytes(64 * 1024**2)

Application = Callable[[Any, Any, Any], Awaitable[None]]


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what came, of the length that is known, but for `/chunked`."""
    body, message = b"", {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
    fields = [[part.decode() for part in field] for field in trailers(scope)]
    answer = json.dumps({"path": scope["path"], "body": body.decode(), "trailers": fields}).encode()
    length = [] if scope["path"] == "/chunked" else [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": answer[:5], "more_body": True})
    await send({"type": "http.response.body", "body": answer[5:]})


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, *data: bytes) -> tuple[int, dict[bytes, bytes], Any]:
        """Send, and return the status, the fields and the JSON of the answer."""
        for each in data:
            self.writer.write(each)
            await self.writer.drain()
        return await self.answer()

    async def answer(self) -> tuple[int, dict[bytes, bytes], Any]:
        head = await self.reader.readuntil(b"\r\n\r\n")
        line, *lines = head.strip().split(b"\r\n")
        fields = dict(each.lower().split(b": ", 1) for each in lines)
        body = await self.reader.readexactly(int(fields[b"content-length"]))
        return int(line.split()[1]), fields, json.loads(body)

    async def rest(self) -> bytes:
        """Return what comes until the server ends the connection in order."""
        taken = bytearray()
        while piece := await self.reader.read(2**16):
            taken += piece
        return bytes(taken)

    async def until_reset(self) -> int:
        """Return how many bytes come until the server resets the connection."""
        taken = 0
        while True:
            try:
                piece = await self.reader.read(2**16)
            except ConnectionResetError:
                return taken
            assert piece, "The connection ended in order."
            taken += len(piece)


@asynccontextmanager
async def connect(
    app: Application = echo, *, keep_alive: float = 60, protocol: type[Http1Protocol] = Http1Protocol
) -> AsyncIterator[Client]:
    """Open a connection to a server of `app`."""
    loop = asyncio.get_running_loop()
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        timeout_keep_alive=keep_alive,  # type: ignore[arg-type] # seconds of any kind
        access_log=False,
        log_config=None,
        log_level="error",
    )
    state = ServerState()
    server = await loop.create_server(
        lambda: protocol(config=config, server_state=state, app_state={}, _loop=loop), "127.0.0.1"
    )
    async with asyncio.timeout(60), server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            yield Client(reader, writer)
        finally:
            writer.close()
            await asyncio.gather(*state.tasks)
            with suppress(OSError):
                await writer.wait_closed()


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
    ("request_", "status", "code"),
    [
        (b"GET / HTTX/1.1\r\n\r\n", 400, "invalid_request"),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400, "invalid_request"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "invalid_request"),
        (b"GET /\r\n\r\n", 505, "http_version_not_supported"),
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505, "http_version_not_supported"),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 501, "not_implemented"),
        (b"CONNECT /x HTTP/1.1\r\nHost: x\r\n\r\n", 501, "not_implemented"),
        (b"CONNECT * HTTP/1.1\r\nHost: x\r\n\r\n", 501, "not_implemented"),
        (UPGRADE + b"Transfer-Encoding: gzip\r\n\r\n", 501, "not_implemented"),
        (GET + b"Host: y\r\n\r\n", 400, "invalid_request"),
        (b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "invalid_request"),
        (GET + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "not_implemented"),
        (PUT + b"Transfer-Encoding: chunked\r\n\r\n", 400, "invalid_request"),
        (GET + b"Transfer-Encoding: gzip\r\n\r\n", 501, "not_implemented"),
        (GET + b"No colon\r\n\r\n", 400, "invalid_request"),
        (PUT + b"Content-Length: 3\r\n\r\nabc", 400, "invalid_request"),
        (PUT + b"\r\nx\r\n", 400, "invalid_request"),
        (PUT + b"\r\n1\r\na\r\n0\r\nContent-Length: 3\r\n\r\n", 400, "invalid_request"),
        (GET + b"A: b\r\n" * MAX_FIELDS + b"\r\n", 431, "request_header_fields_too_large"),
        (GET + b"A: " + b"b" * MAX_SECTION_BYTES, 431, "request_header_fields_too_large"),
        (PUT + b"\r\n0\r\n" + b"A: b\r\n" * (MAX_FIELDS + 1) + b"\r\n", 431, "request_header_fields_too_large"),
        (PUT + b"\r\n0\r\nA: " + b"b" * 2 * MAX_SECTION_BYTES, 431, "request_header_fields_too_large"),
        (PUT + b"\r\n1;" + b"b" * 2 * MAX_SECTION_BYTES, 431, "request_header_fields_too_large"),
    ],
)
async def test_what_is_not_understood_is_refused_and_ends_the_connection(
    request_: bytes, status: int, code: str
) -> None:
    async with connect() as client:
        answered, fields, problem = await client.ask(request_)
        assert (answered, problem["code"]) == (status, code)
        assert fields[b"content-type"] == b"application/problem+json"
        assert fields[b"connection"] == b"close"
        assert not await client.rest()


async def test_the_longest_head_is_taken_however_it_comes() -> None:
    async with connect() as client:
        for _ in range(2):
            line = b"A: " + b"b" * (MAX_SECTION_BYTES - len(GET) - 7)
            status, _, _ = await client.ask(GET, line[:100_000], line[100_000:], b"\r\n\r\n")
            assert status == 200


async def test_a_body_is_no_part_of_a_section() -> None:
    async with connect() as client:
        size = 2 * MAX_SECTION_BYTES
        status, _, answer = await client.ask(PUT + b"\r\n%x\r\n" % size, b"x" * size, b"\r\n0\r\n\r\n")
        assert (status, len(answer["body"])) == (200, size)


async def test_a_head_that_stops_coming_is_408(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "HEAD_SECONDS", 0.05)
    async with connect() as client:
        status, _, problem = await client.ask(GET)
        assert (status, problem["code"]) == (408, "request_timeout")
        assert not await client.rest()
    async with connect() as client:
        assert (await client.ask(GET + b"\r\n"))[0] == 200
        assert (await client.ask(GET))[0] == 408


@pytest.mark.parametrize("data", [b"", b"\r\n"])
async def test_who_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(http1, "HEAD_SECONDS", 0.05)
    async with connect() as client:
        client.writer.write(data)
        assert not await client.rest()


async def test_who_asks_no_more_is_left() -> None:
    async with connect(keep_alive=0.05) as client:
        assert (await client.ask(GET + b"\r\n"))[0] == 200
        assert not await client.rest()


async def test_an_answer_may_take_longer_than_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "HEAD_SECONDS", 0.05)
    later = asyncio.Event()

    async def late(scope: Any, receive: Any, send: Any) -> None:
        await later.wait()
        await echo(scope, receive, send)

    async with connect(late) as client, connect() as silent:
        client.writer.write(GET + b"\r\n")
        # Whose time is up came later.
        assert not await silent.rest()
        later.set()
        assert (await client.answer())[0] == 200


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


@pytest.mark.parametrize("nonsense", [b"no request\r\n\r\n", GET + b"Host: y\r\n\r\n", GET + b"A: b\r\n" * 101])
@pytest.mark.parametrize("is_answered", [True, False])
async def test_a_request_that_is_whole_is_answered_whatever_comes_behind_it(
    nonsense: bytes, *, is_answered: bool
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
        assert not await client.rest()


async def test_who_is_left_amid_several_requests_is_left_by_all() -> None:
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
async def test_an_answer_that_is_broken_off_is_short_and_what_was_sent_arrives(length: bytes) -> None:
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


async def test_an_answer_of_http_1_0_that_is_broken_off_has_no_clean_end() -> None:
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


async def test_a_target_in_absolute_form_is_its_path() -> None:
    async with connect() as client:
        for target, path in ((b"http://x", "/"), (b"http://x?a=b", "/"), (b"http://x:80/a%20b?c", "/a b")):
            status, _, answer = await client.ask(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (status, answer["path"]) == (200, path)


async def test_all_that_came_before_a_disconnect_is_received() -> None:
    gone = asyncio.Event()
    seen: list[tuple[bytes, bool]] = []

    async def late(_: Any, receive: Any, __: Any) -> None:
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
        gone.clear()
        seen.clear()
        async with connect(late, protocol=Telling) as client:
            client.writer.write(b"PUT / HTTP/1.1\r\nHost: x\r\n" + request)
            client.writer.close()
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
