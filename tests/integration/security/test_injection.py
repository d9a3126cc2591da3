"""What a client sends moves no line of the log and no header of an answer."""

import json
from urllib.parse import quote

import httpx
import pytest

from tests.support.processes.server import Server
from tests.support.raw_client import RawClient

FORGED = '\n{"event": "forged", "level": "info"}\n'
ESCAPES = ["\n", "\r\n", "\x1b[2J", "\u2028", "\u0085", "\x00", '"', "\\"]


@pytest.mark.parametrize("escape", ESCAPES)
async def test_a_path_stays_within_its_line_of_the_log(root: httpx.AsyncClient, server: Server, escape: str) -> None:
    seen = len(server.lines)
    path = f"/v1/buckets/default/files/{quote(f'a{escape}{FORGED}', safe='')}"
    answer = await root.get(path)
    assert answer.status_code in {400, 404}
    line = await server.line(lambda line: line["event"] == "request" and line["path"] == path, after=seen)
    assert line["status"] == answer.status_code
    assert not any(line["event"] == "forged" for line in server.lines)
    assert answer.json()["detail"].isprintable()


@pytest.mark.parametrize("value", [b"a\tb", b"\x80\xff", b'"}{"event":"forged"', b"x" * 200, b"${jndi:ldap://x}"])
async def test_a_request_id_that_is_not_fit_for_logs_is_replaced(server: Server, value: bytes) -> None:
    async with await RawClient.connect(server.url) as client:
        lines = (b"GET /health/live HTTP/1.1", b"Host: x", b"Connection: close", b"X-Request-Id: " + value, b"", b"")
        await client.send(b"\r\n".join(lines))
        answer = await client.take_all()
    assert b" 200 " in answer
    assert value not in answer
    assert answer.lower().count(b"x-request-id: ") == 1


@pytest.mark.parametrize(
    "field",
    ["Origin", "User-Agent", "Referer", "X-Forwarded-For", "Forwarded", "Accept", "If-Match", "Range", "Content-Type"],
)
async def test_a_field_comes_back_in_no_header(root: httpx.AsyncClient, field: str) -> None:
    canary = "canary-5f2b"
    answer = await root.get("/v1/files", headers={field: f"https://{canary}.example"})
    assert not any(canary in value for value in answer.headers.values())


async def test_every_line_of_the_log_is_one_document(root: httpx.AsyncClient, server: Server) -> None:
    for text in ESCAPES:
        await root.get("/v1/files", params={"prefix": text, "sort": text})
        await root.post("/v1/batch", content=text.encode(), headers={"Content-Type": "application/json"})
    await root.get("/health/live")
    lines = [line for line in server.output.splitlines() if line.startswith("{")]
    assert lines
    for line in lines:
        json.loads(line)
