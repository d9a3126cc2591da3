"""Files that the operating system sends as parts of responses (ASGI's extension Zero Copy Send)."""

import asyncio
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from service.http.connection import can_send_files, unsent_bytes
from service.http.middleware.abort_on_failure import abort_on_failure
from service.http.middleware.response_progress import track_response
from service.server.http1 import protocol as http1
from tests.unit.server.wire import GET, Application, connect

MEBIBYTE = 1024 * 1024
# More than the buffers on the way hold.
SIZE = 16 * MEBIBYTE
CONTENT = random.Random(7).randbytes(SIZE)


@pytest.fixture
def file(tmp_path: Path) -> Iterator[BinaryIO]:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    with path.open("rb") as file:
        yield file


def part(file: Any, offset: int, count: int) -> Any:
    return {"type": "http.response.zerocopysend", "file": file, "offset": offset, "count": count, "more_body": True}


def sending(*messages: Any, length: int | None = None) -> Application:
    """Return an application that answers with `messages`."""

    async def answer(scope: Any, _: Any, send: Any) -> None:
        assert can_send_files(scope)
        fields = [] if length is None else [(b"content-length", str(length).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": fields})
        for message in messages:
            await send(message)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return answer


async def body_of(application: Application, line: bytes = GET) -> bytes:
    async with connect(application) as client:
        client.writer.write(line + b"Connection: close\r\n\r\n")
        return (await client.rest()).partition(b"\r\n\r\n")[2]


async def test_parts_of_a_file_stand_among_other_bytes_in_their_order(file: BinaryIO) -> None:
    def text(body: bytes) -> Any:
        return {"type": "http.response.body", "body": body, "more_body": True}

    expected = b"".join((b"head", CONTENT, b"between", CONTENT[5 : 5 + MEBIBYTE], b"end"))
    application = sending(
        text(b"head"),
        part(file, 0, SIZE),
        text(b"between"),
        part(file, 5, MEBIBYTE),
        text(b"end"),
        length=len(expected),
    )
    assert await body_of(application) == expected


async def test_the_connection_serves_another_request_after_a_file(file: BinaryIO) -> None:
    async with connect(sending(part(file, 0, SIZE), length=SIZE)) as client:
        for _ in range(3):
            client.writer.write(GET + b"\r\n")
            await client.reader.readuntil(b"\r\n\r\n")
            assert await client.reader.readexactly(SIZE) == CONTENT


async def test_a_file_without_a_length_is_sent_in_chunks(file: BinaryIO) -> None:
    body = await body_of(sending(part(file, 0, 200_000)))
    assert body.startswith(b"20000\r\n" + CONTENT[:100_000])
    assert body.endswith(b"0\r\n\r\n")


async def test_http_1_0_gets_a_file(file: BinaryIO) -> None:
    line = b"GET / HTTP/1.0\r\n"
    assert await body_of(sending(part(file, 0, SIZE), length=SIZE), line) == CONTENT
    assert await body_of(sending(part(file, 0, SIZE)), line) == CONTENT


async def test_head_gets_no_bytes_of_it(file: BinaryIO) -> None:
    assert await body_of(sending(part(file, 0, SIZE), length=SIZE), b"HEAD / HTTP/1.1\r\nHost: x\r\n") == b""


@pytest.fixture
def unsendable() -> Iterator[BinaryIO]:
    """A file that the system refuses to send."""
    path = Path("/proc/self/status")
    if not path.exists():
        pytest.skip("this system has no such file")
    with path.open("rb") as file:
        yield file


async def test_a_file_that_the_system_cannot_send_is_copied(unsendable: BinaryIO) -> None:
    text = os.pread(unsendable.fileno(), 100, 0)
    assert await body_of(sending(part(unsendable, 0, 100), length=100)) == text


async def test_a_file_that_is_too_short_cuts_the_response(file: BinaryIO) -> None:
    application = abort_on_failure(sending(part(file, 10, SIZE), length=SIZE))
    async with connect(track_response(application)) as client:
        client.writer.write(GET + b"\r\n")
        assert len((await client.rest()).partition(b"\r\n\r\n")[2]) == SIZE - 10


async def test_more_than_the_announced_length_is_not_sent(file: BinaryIO) -> None:
    application = abort_on_failure(sending(part(file, 0, 11), length=10))
    assert await body_of(track_response(application)) == b""


async def test_bytes_that_the_client_has_not_taken_are_unsent_and_a_leaving_client_ends_the_sending(
    file: BinaryIO,
) -> None:
    seen: list[int | None] = []
    blocked, ended = asyncio.Event(), asyncio.Event()

    async def answer(scope: Any, _: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % SIZE)]})
        sending = asyncio.create_task(send(part(file, 0, SIZE)))
        while (unsent_bytes(scope) or 0) < MEBIBYTE:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0)
        seen.append(unsent_bytes(scope))
        blocked.set()
        await sending
        seen.append(unsent_bytes(scope))
        ended.set()

    async with connect(answer) as client:
        client.writer.write(GET + b"\r\n")
        await blocked.wait()
        client.reset()
        await ended.wait()
    assert seen[0] is not None
    assert MEBIBYTE <= seen[0] <= SIZE + 200
    assert seen[1] == 0


async def test_a_client_that_takes_no_bytes_of_a_file_is_cut(file: BinaryIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "STALLED_SECONDS", 0.05)
    ended = asyncio.Event()
    application = sending(part(file, 0, SIZE), part(file, 0, SIZE), part(file, 0, SIZE), length=3 * SIZE)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await application(scope, receive, send)
        ended.set()

    async with connect(answer) as client:
        client.writer.write(GET + b"\r\n")
        await ended.wait()
        assert await client.until_reset() < 3 * SIZE
