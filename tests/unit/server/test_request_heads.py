"""The head of a request: its contents, its length and its time."""

import asyncio
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

from service.server.http1 import protocol as http1
from service.server.http1.protocol import MAX_FIELDS, MAX_SECTION_BYTES
from service.server.http1.refusals import Refusals
from service.server.http1.request_head import MAX_TARGET_BYTES
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
        (b"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505, "http_version_not_supported"),
        (b"GET / HTTP/3.0\r\n\r\n", 505, "http_version_not_supported"),
        (b"GET / HTTP/2\r\n\r\n", 505, "http_version_not_supported"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "http_version_not_supported"),
        (b"FOO / HTTP/1.1\r\nHost: x\r\n\r\n", 501, "not_implemented"),
        (b"\r\nGETX / HTTP/1.1\r\nHost: x\r\n\r\n", 501, "not_implemented"),
        (b"get / HTTP/1.1\r\nHost: x\r\n\r\n", 501, "not_implemented"),
        (b"PROPFIND / HTTP/1.1\r\nHost: x\r\n\r\n", 501, "not_implemented"),
        (b"FOO", 501, "not_implemented"),
        (b"no request\r\n\r\n", 400, "invalid_request"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01", 400, "invalid_request"),
        (b"GET foo HTTP/1.1\r\nHost: x\r\n\r\n", 400, "invalid_request"),
        (b"GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, "invalid_request"),
        (b"GET http://root@x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, "invalid_request"),
        (b"GET /" + b"a" * MAX_TARGET_BYTES + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri_too_long"),
        (b"GET /?" + b"a" * (MAX_SECTION_BYTES - 100) + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414, "uri_too_long"),
        (b"GET /" + b"a" * 2 * MAX_SECTION_BYTES, 414, "uri_too_long"),
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
        assert UUID(fields[b"x-request-id"].decode()).version == 7
        assert status == 400 or problem["detail"] != "This is not HTTP/1.1."
        assert not await client.rest()


async def test_a_refusal_has_the_id_of_its_request() -> None:
    for id_, is_kept in ((b"mine-1", True), (b"mine-1" + b" " * 1000, True), (b"not fit for logs", False)):
        async with connect() as client:
            _, fields, _ = await client.ask(GET + b"X-Request-Id: " + id_ + b"\r\nNo colon\r\n\r\n")
            assert (fields[b"x-request-id"] == id_.strip()) == is_kept


@pytest.mark.parametrize("behind", [b"", b"Origin: https://app.example\r\n"])
async def test_a_page_may_read_a_refusal(behind: bytes) -> None:
    origin = b"Origin: https://app.example\r\n"
    before = b"" if behind else origin
    one, any_ = Refusals(origins=["https://app.example"]), Refusals(origins=["*"])
    for fault in (b"No colon\r\n", b"A: b\r\n" * MAX_FIELDS, b"No colon\r\nA: " + b"b" * 20_000 + b"\r\n"):
        request = GET + before + fault + behind + b"\r\n"
        async with connect(refusals=one) as client:
            _, fields, _ = await client.ask(request)
            assert fields[b"access-control-allow-origin"] == b"https://app.example"
            assert fields[b"vary"] == b"origin"
            assert b"x-request-id" in fields[b"access-control-expose-headers"]
        async with connect(refusals=one) as client:
            _, fields, _ = await client.ask(request.replace(b"app", b"evil"))
            assert fields[b"vary"] == b"origin"
            assert b"access-control-allow-origin" not in fields
        async with connect(refusals=Refusals(origins=["https://app.example", "https://other.example"])) as client:
            assert (await client.ask(request))[1][b"access-control-allow-origin"] == b"https://app.example"
        async with connect(refusals=any_) as client:
            assert (await client.ask(request))[1][b"access-control-allow-origin"] == b"*"
        async with connect() as client:
            assert not {b"vary", b"access-control-allow-origin"} & (await client.ask(request))[1].keys()


async def test_a_page_may_read_that_its_head_did_not_come_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "HEAD_SECONDS", LONG_ENOUGH)
    async with connect(refusals=Refusals(origins=["https://app.example"])) as client:
        status, fields, _ = await client.ask(GET + b"Origin: https://app.example\r\n")
        assert (status, fields[b"access-control-allow-origin"]) == (408, b"https://app.example")


async def test_a_refusal_is_logged_with_the_address_of_its_client() -> None:
    proxies = (ip_network("127.0.0.0/8"),)
    for trusted, address in (((), "127.0.0.1"), (proxies, "203.0.113.7")):
        with capture_logs() as lines:
            async with connect(refusals=Refusals(trusted_proxies=trusted)) as client:
                _, fields, _ = await client.ask(GET + b"X-Forwarded-For: 203.0.113.7\r\nA: b\r\nNo colon\r\n\r\n")
        (line,) = [each for each in lines if each["event"] == "connection refused"]
        assert (line["client"], line["request_id"]) == (address, fields[b"x-request-id"].decode())


async def test_a_page_may_read_that_its_url_is_too_long() -> None:
    async with connect(refusals=Refusals(origins=["https://app.example", "https://other.example"])) as client:
        url = b"/?" + b"a" * (MAX_SECTION_BYTES - 200)
        fields = b" HTTP/1.1\r\nHost: x\r\nOrigin: https://app.example\r\nX-Request-Id: mine\r\n\r\n"
        status, answered, _ = await client.ask(b"GET " + url[:100_000], url[100_000:], fields)
        assert (status, answered[b"access-control-allow-origin"]) == (414, b"https://app.example")
        assert answered[b"x-request-id"] == b"mine"


@pytest.mark.parametrize("method", [b"TRACE", b"QUERY", b"PATCH", b"OPTIONS"])
async def test_a_method_that_a_resource_may_have_is_for_the_application(method: bytes) -> None:
    async with connect() as client:
        assert (await client.ask(GET.replace(b"GET", method) + b"\r\n"))[0] == 200


async def test_the_longest_target_is_taken() -> None:
    async with connect() as client:
        path = b"/" + b"a" * (MAX_TARGET_BYTES - 1)
        status, _, answer = await client.ask(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (status, answer["path"]) == (200, path.decode())


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
    async with connect(keep_alive=60 if data else 0.05) as client:
        client.writer.write(data)
        assert not await client.rest()


async def test_a_client_may_wait_with_its_first_request_as_with_its_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "HEAD_SECONDS", 0.05)
    async with connect() as client, connect() as silent:
        # The client that has begun a head is answered first, though it connected no earlier.
        assert (await client.ask(GET))[0] == 408
        monkeypatch.setattr(http1, "HEAD_SECONDS", 60)
        assert (await silent.ask(GET + b"\r\n"))[0] == 200


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

    async with connect(late) as client, connect(keep_alive=LONG_ENOUGH) as silent:
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


async def test_a_target_in_absolute_form_wins_over_the_host() -> None:
    """RFC 9112, section 3.2.2."""
    async with connect() as client:
        for target, scheme, host in (
            (b"http://files.example:81/a", "http", "files.example:81"),
            (b"HTTPS://[::1]?a", "https", "[::1]"),
        ):
            status, _, answer = await client.ask(b"GET " + target + b" HTTP/1.1\r\nHost: other\r\n\r\n")
            assert (status, answer["scheme"], answer["host"]) == (200, scheme, host)
