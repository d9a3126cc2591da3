"""Archives over a socket on real parts, as those open them who have to live with them."""

import asyncio
import io
import os
import random
import secrets
import shutil
import zipfile
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import httpx
import pytest

from tests.support.parts.stacks import Stack
from tests.support.processes.server import Server
from tests.support.raw_client import RawClient

MEBIBYTE = 1024 * 1024
_random = random.Random(7)
CONTENTS = {
    **{f"songs/{number // 20}/Lied {number:03} – é日本.txt": _random.randbytes(number * 37) for number in range(300)},
    "songs/large.bin": _random.randbytes(9 * MEBIBYTE + 1),
    # What a reader that looks for records would take for some.
    "songs/tricky": b"PK\7\b" + b"PK\3\4" * 50_000 + b"PK\1\2PK\5\6",
}
TESTERS = {
    "unzip": ["unzip", "-t"],
    "bsdtar": ["bsdtar", "-xOf"],
    "7-Zip": ["7zz", "t"],
}


@pytest.fixture(scope="module")
async def bucket(shared_server: Server) -> str:
    """The name of a bucket that holds `CONTENTS`."""
    name = f"archived-{secrets.token_hex(4)}"
    waiting = iter(CONTENTS.items())
    async with shared_server.client() as client:
        await client.put(f"/v1/buckets/{name}", json={})

        async def store() -> None:
            for file, bytes_ in waiting:
                stored = await client.put(f"/v1/buckets/{name}/files/{file}", content=bytes_)
                assert stored.status_code == 201

        await asyncio.gather(*(store() for _ in range(8)))
    return name


async def test_hundreds_of_files_come_as_one_that_is_as_long_as_it_says(client: httpx.AsyncClient, bucket: str) -> None:
    answer = await client.get("/v1/archive", params={"bucket": bucket, "prefix": "songs/"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-length"] == str(len(answer.content))
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.namelist() == sorted(CONTENTS)
    assert {name: archive.read(name) for name in archive.namelist()} == CONTENTS
    again = await client.get("/v1/archive", params={"bucket": bucket})
    assert (again.content, again.headers["etag"]) == (answer.content, answer.headers["etag"])
    chosen = await client.post("/v1/archive", json={"ids": await ids(client, bucket, "songs/1/")})
    assert set(zipfile.ZipFile(io.BytesIO(chosen.content)).namelist()) == {
        name for name in CONTENTS if name.startswith("songs/1/")
    }


async def ids(client: httpx.AsyncClient, bucket: str, prefix: str) -> list[str]:
    found = await client.get("/v1/files", params={"bucket": bucket, "prefix": prefix, "limit": 1000})
    return [file["id"] for file in found.json()["items"]]


@pytest.mark.parametrize("tester", TESTERS)
async def test_other_programs_find_nothing_wrong(
    client: httpx.AsyncClient, bucket: str, tester: str, tmp_path: Path
) -> None:
    command = TESTERS[tester]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    path = tmp_path / "archive.zip"
    path.write_bytes((await client.get("/v1/archive", params={"bucket": bucket})).content)
    process = await asyncio.create_subprocess_exec(
        *command, str(path), stdout=PIPE, stderr=STDOUT, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output[-1000:]


@pytest.mark.skipif(shutil.which("bsdtar") is None, reason="bsdtar is not installed")
async def test_it_can_be_unpacked_while_it_arrives(client: httpx.AsyncClient, bucket: str, tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *("bsdtar", "-xf", "-", "-C", str(tmp_path)), stdin=PIPE, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )
    assert process.stdin is not None
    async with client.stream("GET", "/v1/archive", params={"bucket": bucket}) as answer:
        async for chunk in answer.aiter_raw():
            process.stdin.write(chunk)
            await process.stdin.drain()
    process.stdin.close()
    assert await process.wait() == 0
    assert files_below(tmp_path) == CONTENTS


def files_below(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


async def test_bytes_that_fail_midway_cut_the_connection(client: httpx.AsyncClient, files: str, stack: Stack) -> None:
    await client.put(f"{files}/1", content=bytes(MEBIBYTE))
    before = await stack.blobs()
    await client.put(f"{files}/2", content=bytes(MEBIBYTE))
    (key,) = await stack.blobs() - before
    await stack.truncate(key)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get("/v1/archive", params={"bucket": files.split("/")[3]})


async def test_a_client_that_leaves_midway_leaves_nothing_open(
    client: httpx.AsyncClient, files: str, shared_server: Server
) -> None:
    for number in range(4):  # more than the buffers on the way hold
        await client.put(f"{files}/{number}", content=bytes(16 * MEBIBYTE))
    logged = len(shared_server.lines)
    async with await RawClient.connect(shared_server.url) as leaving:
        await leaving.say(f"GET /v1/archive?bucket={files.split('/')[3]}")
        assert (await leaving.take()).startswith(b"HTTP/1.1 200")
    line = await shared_server.line(lambda line: line.get("path") == "/v1/archive", after=logged)
    assert (line["status"], line["whole"]) == (200, False)
    metrics = (await client.get("/metrics")).text
    assert 'fileport_transfers{kind="downloads"} 0.0' in metrics
    assert open_blobs(shared_server) == []


def open_blobs(server: Server) -> list[str]:
    """Return the files of the disk store that the server's worker has open; with S3 it has none."""
    descriptors = Path(f"/proc/{server.worker}/fd")
    opened = [str(each.readlink()) for each in descriptors.iterdir() if each.is_symlink()]
    return [path for path in opened if "/blobs/" in path]
