"""Downloads as browsers, players, curl and caches make them, over a socket on real parts."""

import asyncio
import hashlib
import random
import shutil
from asyncio.subprocess import PIPE
from base64 import b64encode
from email.parser import BytesParser
from pathlib import Path

import anyio
import httpx
import pytest

from tests.support.clients import said_of_content
from tests.support.parts.stacks import Stack
from tests.support.processes.server import Server

MEBIBYTE = 1024 * 1024
MOVIE = random.Random(4).randbytes(20 * MEBIBYTE + 7)
SIZE = len(MOVIE)


@pytest.fixture
async def movie(client: httpx.AsyncClient, files: str) -> str:
    """The path of a file of more than one part of S3's."""
    stored = await client.put(f"{files}/movie.mp4", content=MOVIE)
    return f"{stored.headers['location']}/content"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("0-", 0, SIZE - 1),
        ("0-1023", 0, 1023),
        ("-1", SIZE - 1, SIZE - 1),
        (f"{8 * MEBIBYTE - 1}-9000000", 8 * MEBIBYTE - 1, 9_000_000),
    ],
)
async def test_a_player_gets_the_part_that_it_asks_for(
    client: httpx.AsyncClient, movie: str, asked: str, first: int, last: int
) -> None:
    answer = await client.get(movie, headers={"Range": f"bytes={asked}"})
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.content == MOVIE[first : last + 1]


async def test_parts_come_together(client: httpx.AsyncClient, movie: str) -> None:
    answer = await client.get(movie, headers={"Range": "bytes=9000000-9999999,0-99,-100,20-30"})
    assert answer.status_code == 206
    assert answer.headers["content-length"] == str(len(answer.content))
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    whole, *parts = BytesParser().parsebytes(head + answer.content).walk()
    assert whole.is_multipart()
    assert [(part["Content-Range"], part.get_payload(decode=True)) for part in parts] == [
        (f"bytes 9000000-9999999/{SIZE}", MOVIE[9_000_000:10_000_000]),
        (f"bytes 0-99/{SIZE}", MOVIE[:100]),
        (f"bytes {SIZE - 100}-{SIZE - 1}/{SIZE}", MOVIE[-100:]),
    ]


async def test_a_download_that_was_cut_goes_on_where_it_ended(client: httpx.AsyncClient, movie: str) -> None:
    got = bytearray()
    async with client.stream("GET", movie) as answer:
        etag = answer.headers["etag"]
        async for chunk in answer.aiter_raw():
            got += chunk
            if len(got) > 5 * MEBIBYTE:
                break
    rest = await client.get(movie, headers={"Range": f"bytes={len(got)}-", "If-Range": etag})
    assert rest.status_code == 206
    assert bytes(got) + rest.content == MOVIE
    await client.patch(movie.removesuffix("/content"), json={"tags": ["seen"]})
    anew = await client.get(movie, headers={"Range": f"bytes={len(got)}-", "If-Range": etag})
    assert (anew.status_code, anew.content) == (200, MOVIE)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_curl_resumes(client: httpx.AsyncClient, movie: str, tmp_path: Path) -> None:
    local = tmp_path / "movie.mp4"
    local.write_bytes(MOVIE[: 3 * MEBIBYTE])
    url = str(client.base_url.join(movie))

    async def curl(*options: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "curl", "--silent", "--show-error", "--fail", "-H", f"Authorization: {client.headers['Authorization']}",
            "--write-out", "%{http_code} %{size_download}", "-o", str(local), *options, url,
            stdout=PIPE,
        )  # fmt: skip
        told, _ = await process.communicate()
        assert process.returncode == 0
        return told.decode()

    assert await curl("-C", "-") == f"206 {SIZE - 3 * MEBIBYTE}"
    assert local.read_bytes() == MOVIE
    # Only what is newer than the file that is there.
    assert await curl("-z", str(local)) == "304 0"
    assert local.read_bytes() == MOVIE


async def raw_answer(client: httpx.AsyncClient, method: str, path: str, *headers: str) -> bytes:
    """Return all that the server sends before it closes the connection."""
    lines = (
        f"{method} {path} HTTP/1.1", "Host: fileport.test", f"Authorization: {client.headers['Authorization']}",
        "Connection: close", *headers, "", "",
    )  # fmt: skip
    stream = await anyio.connect_tcp(client.base_url.host, client.base_url.port or 0)
    async with stream:
        await stream.send("\r\n".join(lines).encode())
        return b"".join([chunk async for chunk in stream])


async def test_answers_without_a_body_have_none_on_the_line(client: httpx.AsyncClient, movie: str) -> None:
    for method, headers in (("HEAD", ()), ("GET", ("If-None-Match: *",)), ("HEAD", ("If-None-Match: *",))):
        head, _, body = (await raw_answer(client, method, movie, *headers)).partition(b"\r\n\r\n")
        assert body == b""
        assert (b"content-length: %d" % SIZE in head) == (not headers)
        assert (b" 304 " in head) == bool(headers)
        assert b"\r\ndate: " in head
        assert b"transfer-encoding" not in head


async def test_head_has_the_headers_of_get(client: httpx.AsyncClient, files: str, movie: str) -> None:
    record = movie.removesuffix("/content")
    for url in (
        movie,
        f"{movie}?download=a",
        record,
        f"{record}/text",
        f"{record}0",
        f"{files}/movie.mp4",
        "/v1/files",
    ):
        for headers in ({}, {"If-None-Match": "*"}, {"If-Match": '"x"'}, {"Want-Content-Digest": "sha-256=1"}):
            get = await client.get(url, headers=headers)
            head = await client.head(url, headers=headers)
            assert head.status_code == get.status_code, url
            assert said_of_content(head) == said_of_content(get), url


async def test_a_download_can_be_compared_with_its_digest(client: httpx.AsyncClient, movie: str) -> None:
    digest = f"sha-256=:{b64encode(hashlib.sha256(MOVIE).digest()).decode()}:"
    answer = await client.get(movie, headers={"Want-Content-Digest": "sha-256=1"})
    assert answer.headers["repr-digest"] == answer.headers["content-digest"] == digest


async def test_a_part_that_fails_midway_cuts_the_connection(
    client: httpx.AsyncClient, files: str, stack: Stack
) -> None:
    before = await stack.blobs()
    await client.put(f"{files}/a", content=MOVIE[: 4 * MEBIBYTE])
    (key,) = await stack.blobs() - before
    await stack.truncate(key)
    # The first part is still there, and the answer has begun when the second one is found missing.
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get(f"{files}/a", headers={"Range": f"bytes=0-1000000,{3 * MEBIBYTE}-"})
    refused = await client.get(f"{files}/a", headers={"Range": f"bytes={3 * MEBIBYTE}-"})
    assert (refused.status_code, refused.json()["code"]) == (500, "blob_missing")


async def test_a_player_that_skips_frees_the_download_that_it_leaves(
    client: httpx.AsyncClient, movie: str, shared_server: Server
) -> None:
    logged = len(shared_server.lines)
    async with client.stream("GET", movie, headers={"Range": "bytes=0-"}) as answer:
        async for _ in answer.aiter_raw():
            break
    line = await shared_server.line(lambda line: movie.endswith(line.get("path", "?")), after=logged)
    assert line["status"] == 206
