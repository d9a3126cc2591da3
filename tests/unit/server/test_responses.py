"""Responses as they leave: how many pieces, and heads that are none."""

import asyncio
from typing import Any

import pytest

from service.server.http1.protocol import Http1Protocol
from service.server.http1.response_head import encode_head
from tests.unit.server.wire import GET, connect


class Counting(Http1Protocol):
    """A protocol that keeps what each call gives to the transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        self.pieces: list[bytes] = []
        pieces = self.pieces

        class Counted:
            def write(self, data: bytes) -> None:
                pieces.append(bytes(data))
                transport.write(data)

            def writelines(self, parts: list[bytes]) -> None:
                self.write(b"".join(parts))

            def __getattr__(self, name: str) -> Any:
                return getattr(transport, name)

        super().connection_made(Counted())  # type: ignore[arg-type] # of a transport, all that is used
        opened.append(self)


opened: list[Counting] = []


def sending(*parts: bytes, length: int | None, status: int = 200) -> Any:
    async def app(_: Any, __: Any, send: Any) -> None:
        fields = [] if length is None else [(b"content-length", b"%d" % length)]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        for part in parts[:-1]:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": parts[-1]})

    return app


async def pieces_of(app: Any, request: bytes = GET + b"Connection: close\r\n\r\n") -> list[bytes]:
    async with connect(app, protocol=Counting) as client:
        client.writer.write(request)
        received = await client.rest()
    pieces = opened.pop().pieces
    assert b"".join(pieces) == received
    return pieces


@pytest.mark.parametrize("size", [2, 100_000])
async def test_a_body_that_is_whole_leaves_with_its_head(size: int) -> None:
    (piece,) = await pieces_of(sending(b"x" * size, length=size))
    assert piece.startswith(b"HTTP/1.1 200 OK\r\ncontent-length: ")
    assert piece.endswith(b"\r\nconnection: close\r\n\r\n" + b"x" * size)


async def test_a_chunk_leaves_with_its_frame_and_the_first_with_the_head() -> None:
    first, second, end = await pieces_of(sending(b"abc", b"de", b"", length=None))
    assert first.endswith(b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
    assert (second, end) == (b"2\r\nde\r\n", b"0\r\n\r\n")


async def test_a_response_without_a_body_is_its_head() -> None:
    (piece,) = await pieces_of(sending(b"", length=None, status=204))
    assert piece == b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"
    (piece,) = await pieces_of(sending(b"abc", length=3), b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert piece == b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nconnection: close\r\n\r\n"


async def test_a_body_of_unknown_length_ends_with_the_connection_where_the_client_knows_no_chunks() -> None:
    pieces = await pieces_of(sending(b"abc", b"de", length=None), b"GET / HTTP/1.0\r\n\r\n")
    assert pieces == [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc", b"de"]


async def test_a_head_leaves_before_the_application_waits_for_the_client() -> None:
    async def hasty(_: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
        await receive()

    async with connect(hasty) as client:
        client.writer.write(GET + b"\r\n")
        assert (await client.reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        client.reset()


@pytest.mark.parametrize(
    "field",
    [
        (b"a b", b"c"),
        (b"a\r\nb", b"c"),
        (b"", b"c"),
        (b"a", b"b\r\nc: d"),
        (b"a", b"b\n"),
        (b"a", b"\x00"),
        (b"a", b"\x7f"),
    ],
)
def test_a_field_that_would_be_none_or_more_than_one_is_an_error(field: tuple[bytes, bytes]) -> None:
    with pytest.raises(RuntimeError):
        encode_head(200, [(b"x", b"y"), field])


def test_a_field_may_have_tabs_and_bytes_beyond_ascii() -> None:
    assert encode_head(299, [(b"A-B", b"\tc \xff")]).data == b"HTTP/1.1 299 \r\na-b: \tc \xff\r\n"
