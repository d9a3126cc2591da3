"""Connections to a store: which are used again, which are not, and what is no response."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from botocore.httpsession import ProxyConfiguration

from adapters.s3.http.connections import Connections
from adapters.s3.http.heads import MalformedResponseError, decode_chunks, parse_head
from adapters.s3.http.routes import ProxyRefusedError, Routes, Tls
from tests.integration.s3.http.test_requests import certify_loopback

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MIB = 1024 * 1024


@asynccontextmanager
async def server(serve: Serve, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    serving: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        serving.add(task)
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            serving.discard(task)
            writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context) as listening:
        yield f"127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving)


@asynccontextmanager
async def connections(
    *, proxy: str | None = None, authorities: str | bool = True, limit: int = 4, idle_timeout: float = 20
) -> AsyncIterator[Connections]:
    proxies = {"http": proxy, "https": proxy} if proxy else {}
    opened = Connections(
        Routes(ProxyConfiguration(proxies=proxies), Tls(authorities, None)),
        limit=limit,
        connect_timeout=20,
        idle_timeout=idle_timeout,
    )
    try:
        yield opened
    finally:
        opened.close()


async def get(pool: Connections, origin: str) -> bytes:
    response = await pool.exchange("GET", origin, "/", {"host": "store"})
    return await response.read(MIB)


async def test_requests_share_a_connection() -> None:
    opened = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(OK)

    async with server(serve) as address, connections() as pool:
        assert [await get(pool, f"http://{address}") for _ in range(3)] == [b"ok"] * 3
    assert opened == 1


async def test_a_connection_that_the_store_closed_is_replaced() -> None:
    opened = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer once, and close when the next request is here, as one that was closed on its way finds it."""
        nonlocal opened
        opened += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await reader.readuntil(b"\r\n\r\n")

    async with server(serve) as address, connections() as pool:
        assert [await get(pool, f"http://{address}") for _ in range(3)] == [b"ok"] * 3
    assert opened == 3


async def test_a_body_that_was_not_read_to_its_end_ends_its_connection() -> None:
    opened = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
        await reader.read()

    async with server(serve) as address, connections(limit=1) as pool:
        for _ in range(2):
            response = await pool.exchange("GET", f"http://{address}", "/", {})
            assert await response.receive() == b"some"
            response.close()
    assert opened == 2


async def test_there_are_no_more_connections_than_the_limit() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(OK)

    async with server(serve) as address, connections(limit=1) as pool:
        first = await pool.exchange("GET", f"http://{address}", "/", {})
        waiting = asyncio.ensure_future(get(pool, f"http://{address}"))
        await asyncio.sleep(0)
        assert not waiting.done()
        assert await first.read(MIB) == b"ok"
        first.close()
        assert await waiting == b"ok"


async def test_a_request_that_is_cancelled_gives_its_place_back() -> None:
    arrived = asyncio.Event()
    is_slow = True

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if is_slow:
            arrived.set()
            await reader.read()
        writer.write(OK)

    async with server(serve) as address, connections(limit=1) as pool:
        asking = asyncio.ensure_future(get(pool, f"http://{address}"))
        await arrived.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        is_slow = False
        assert await get(pool, f"http://{address}") == b"ok"


async def test_a_response_that_comes_early_ends_the_sending() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await asyncio.Event().wait()

    body = [bytes(MIB)] * 64
    async with server(serve) as address, connections() as pool:
        response = await pool.exchange("PUT", f"http://{address}", "/", {"content-length": str(64 * MIB)}, body)
        assert response.status == 503


async def test_an_interim_response_is_passed_over() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK)

    async with server(serve) as address, connections() as pool:
        assert await get(pool, f"http://{address}") == b"ok"


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_a_response_may_come_in_pieces(size: int) -> None:
    answer = (
        b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab\r\nc\r\n3;x=y\r\ndef\r\n0\r\nA: b\r\n\r\n"
    )

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for start in range(0, len(answer), size):
            writer.write(answer[start : start + size])
            await writer.drain()
            await asyncio.sleep(0)
        await reader.read()

    async with server(serve) as address, connections() as pool:
        assert await get(pool, f"http://{address}") == b"ab\r\ncdef"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nlonger",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nA: " + bytes(70_000),
        b"HTTP/1.1 200 OK\r\n",
        b"",
    ],
)
async def test_what_is_no_whole_response_is_an_error(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with server(serve) as address, connections() as pool:
        with pytest.raises(ConnectionError):
            await get(pool, f"http://{address}")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/2 200 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1 200 OK\r\nno colon",
        b"HTTP/1.1 200 OK\r\n: nameless",
        b"HTTP/1.1 200 OK\r\n folded: x",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1",
        b"HTTP/1.1 200 OK\r\nContent-Length: +1",
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\ncontent-length: 2",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked",
    ],
)
def test_what_is_no_head_is_an_error(head: bytes) -> None:
    with pytest.raises(MalformedResponseError):
        parse_head(head, is_bodiless=False)


@pytest.mark.parametrize(
    ("head", "body_size", "keeps_alive"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5", 5, True),
        (b"HTTP/1.1 200\r\nContent-Length:5", 5, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close", 5, False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5", 5, False),
        (b"HTTP/1.1 204 No Content", 0, True),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5", 0, True),
        (b"HTTP/1.1 200 OK", None, False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 5", None, False),
    ],
)
def test_the_end_of_a_body_is_where_the_head_says(head: bytes, body_size: int | None, *, keeps_alive: bool) -> None:
    parsed = parse_head(head, is_bodiless=False)
    assert (parsed.body_size, parsed.keeps_alive) == (body_size, keeps_alive)
    assert parse_head(head, is_bodiless=True).body_size == 0


def test_a_chunked_body_is_read_when_it_is_whole() -> None:
    whole = b"A\r\n0123456789\r\n1\r\nx\r\n0\r\n\r\n"
    assert decode_chunks(whole) == b"0123456789x"
    assert {decode_chunks(whole[:end]) for end in range(len(whole))} == {None}


async def test_a_store_behind_tls_is_reached_through_a_tunnel(tmp_path: Path) -> None:
    certificate = certify_loopback(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(OK)

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        host, port = heads[-1].split()[1].decode().split(":")
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                target.write(data)
            target.close()

        try:
            await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))
        finally:
            far_writer.close()

    async with (
        server(serve, context) as store,
        server(tunnel) as proxy,
        connections(proxy=f"http://user:secret@{proxy}", authorities=str(certificate)) as pool,
    ):
        assert [await get(pool, f"https://{store}") for _ in range(2)] == [b"ok"] * 2
    [head] = heads
    assert head.startswith(f"CONNECT {store} HTTP/1.1\r\n".encode())
    assert b"\r\nproxy-authorization: Basic dXNlcjpzZWNyZXQ=\r\n" in head


async def test_a_proxy_that_opens_no_tunnel_is_an_error() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    async with server(refuse) as proxy, connections(proxy=f"http://{proxy}") as pool:
        with pytest.raises(ProxyRefusedError):
            await get(pool, "https://store.example.test")


async def test_a_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    certificate = certify_loopback(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)

    async with server(serve, context) as store, connections(authorities=str(certificate)) as pool:
        assert await get(pool, f"https://{store}") == b"ok"
        with pytest.raises(ssl.SSLCertVerificationError):
            await get(pool, f"https://localhost:{store.rpartition(':')[2]}")
