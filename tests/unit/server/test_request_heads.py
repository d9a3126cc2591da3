"""The head of a request: its contents, its length and its time."""

import asyncio
from typing import Any

import pytest

from service.server import http1
from service.server.http1 import MAX_FIELDS, MAX_SECTION_BYTES
from tests.unit.server.wire import GET, PUT, UPGRADE, connect, echo

# Seconds in which the first bytes of a connection arrive, on a busy machine too.
LONG_ENOUGH = 0.5


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
async def test_a_malformed_request_is_refused_and_ends_the_connection(request_: bytes, status: int, code: str) -> None:
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
    async with connect() as client:
        assert (await client.ask(GET + b"\r\n"))[0] == 200
        monkeypatch.setattr(http1, "HEAD_SECONDS", 0.05)
        status, _, problem = await client.ask(GET)
        assert (status, problem["code"]) == (408, "request_timeout")
        assert not await client.rest()
    monkeypatch.setattr(http1, "HEAD_SECONDS", LONG_ENOUGH)
    async with connect() as client:
        assert (await client.ask(GET))[0] == 408


@pytest.mark.parametrize("data", [b"", b"\r\n"])
async def test_a_client_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(http1, "HEAD_SECONDS", 0.05)
    async with connect() as client:
        client.writer.write(data)
        assert not await client.rest()


async def test_a_client_that_asks_no_more_is_left() -> None:
    async with connect(keep_alive=0.05) as client:
        assert (await client.ask(GET + b"\r\n"))[0] == 200
        assert not await client.rest()


async def test_an_answer_may_take_longer_than_a_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "HEAD_SECONDS", LONG_ENOUGH)
    later = asyncio.Event()

    async def late(scope: Any, receive: Any, send: Any) -> None:
        await later.wait()
        await echo(scope, receive, send)

    async with connect(late) as client, connect() as silent:
        client.writer.write(GET + b"\r\n")
        # The silent client connected later, and its time is up.
        assert not await silent.rest()
        later.set()
        assert (await client.answer())[0] == 200


async def test_a_target_in_absolute_form_is_its_path() -> None:
    async with connect() as client:
        for target, path in ((b"http://x", "/"), (b"http://x?a=b", "/"), (b"http://x:80/a%20b?c", "/a b")):
            status, _, answer = await client.ask(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (status, answer["path"]) == (200, path)
