"""Archives in readers of others, most of which get them from a pipe and cannot go back."""

import asyncio
import hashlib
import io
import os
import random
import shutil
import zipfile
import zlib
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from stream_unzip import stream_unzip

from domain.values.ranges import ByteRange
from service.http.resources.archives.zip.layout import Layout
from service.http.resources.archives.zip.records import Entry
from tests.integration.outside.conftest import skip_unless_required

HERE = Path(__file__).with_name("zip_readers")
ENVIRON = {**os.environ, "LC_ALL": "C.UTF-8"}
CHUNK = 64 * 1024
MANY = 70_000

_random = random.Random(3)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return an archive by another writer, its files stored, to be a file itself."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


BUCKETS = {
    "one-empty-file": {"empty": b""},
    "a-zip-in-a-zip": {
        "before.txt": b"before",
        "inner.zip": zipped({"a": b"a" * 1000, "b": b"", "inner.zip": zipped({"c": b"c"})}),
        "records": b"PK\7\b" + b"PK\3\4" * 20_000 + b"PK\1\2PK\5\6",
        "then": b"then",
    },
    "of-all-kinds": {
        "Grüße/日本 🎵.bin": _random.randbytes(3_000_001),
        "Grüße/пусто": b"",
        "e\u0301.txt": b"decomposed",
        "ไทย/हिन्दी": _random.randbytes(70_000),
        **{f"small/{number}": _random.randbytes(number * 31) for number in range(50)},
    },
}


async def unpack_with_busybox(body: bytes, directory: Path) -> dict[str, str]:
    await feed(body, found("busybox"), "unzip", "-q", "-d", directory, "-")
    return files_below(directory)


async def unpack_with_unzip(body: bytes, directory: Path) -> dict[str, str]:
    path = directory.with_suffix(".zip")
    path.write_bytes(body)
    await feed(b"", found("unzip"), "-q", path, "-d", directory)
    return files_below(directory)


async def unpack_with_zipfile(body: bytes, directory: Path) -> dict[str, str]:
    archive = zipfile.ZipFile(io.BytesIO(body))
    return {name: sha256(archive.read(name)) for name in archive.namelist()}


async def unpack_with_stream_unzip(body: bytes, directory: Path) -> dict[str, str]:
    chunks = (body[start : start + CHUNK] for start in range(0, len(body), CHUNK))
    return {name.decode(): sha256(b"".join(content)) for name, _, content in stream_unzip(chunks)}


async def unpack_with_unzipper(body: bytes, directory: Path) -> dict[str, str]:
    return await unpack_with_node(body, "unzipper")


async def unpack_with_fflate(body: bytes, directory: Path) -> dict[str, str]:
    return await unpack_with_node(body, "fflate")


async def unpack_with_node(body: bytes, reader: str) -> dict[str, str]:
    if shutil.which("node") is None or not (HERE / "node_modules" / reader).is_dir():
        skip_unless_required(f"There is no Node, or no npm to install {reader}.", "FILEPORT_REQUIRE_NODE")
    return parsed(await feed(body, "node", HERE / f"{reader}.mjs"))


async def unpack_with_java(body: bytes, directory: Path) -> dict[str, str]:
    found("javac")
    return parsed(await feed(body, found("java"), HERE / "Unpack.java"))


UNPACK = {
    "BusyBox": unpack_with_busybox,
    "unzip": unpack_with_unzip,
    "zipfile": unpack_with_zipfile,
    "stream-unzip": unpack_with_stream_unzip,
    "unzipper": unpack_with_unzipper,
    "fflate": unpack_with_fflate,
    "ZipInputStream": unpack_with_java,
}


def found(program: str) -> str:
    """Return the program, or skip."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    return program


async def feed(body: bytes, *command: str | Path) -> str:
    """Run the command on a pipe with the body, and return its output."""
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=ENVIRON)
    output, errors = await process.communicate(body)
    assert (process.returncode, errors) == (0, b"")
    return output.decode()


def parsed(output: str) -> dict[str, str]:
    lines = [line.split() for line in output.splitlines()]
    return {bytes.fromhex(name).decode(): hash_ for name, hash_ in lines}


def files_below(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): sha256(path.read_bytes()) for path in directory.rglob("*") if path.is_file()
    }


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def archive_of(files: Sequence[tuple[str, bytes]]) -> bytes:
    """Return the archive of more files than the service puts into one."""
    time = datetime(2026, 11, 21, tzinfo=UTC)
    layout = Layout([Entry(name.encode(), len(content), zlib.crc32(content), time) for name, content in files])
    whole = ByteRange(0, layout.length)
    pieces = (layout.header_in(index, whole) + content for index, (_, content) in enumerate(files))
    return b"".join([*pieces, *layout.directory_in(whole)])


@pytest.mark.parametrize("reader", UNPACK)
@pytest.mark.parametrize("bucket", BUCKETS)
async def test_a_reader_finds_every_file(client: httpx.AsyncClient, tmp_path: Path, bucket: str, reader: str) -> None:
    await client.put(f"/v1/buckets/{bucket}", json={})
    for name, content in BUCKETS[bucket].items():
        stored = await client.put(f"/v1/buckets/{bucket}/files/{name}", content=content)
        assert stored.is_success
    archive = await client.get("/v1/archive", params={"bucket": bucket})
    unpacked = await UNPACK[reader](archive.content, tmp_path / "out")
    assert unpacked == {name: sha256(content) for name, content in BUCKETS[bucket].items()}


@pytest.mark.parametrize("reader", UNPACK)
async def test_a_reader_finds_more_files_than_the_old_end_can_count(tmp_path: Path, reader: str) -> None:
    files = [(f"{number % 100}/{number}", b"" if number % 2 else b"%d" % number) for number in range(MANY)]
    unpacked = await UNPACK[reader](archive_of(files), tmp_path / "out")
    assert unpacked == {name: sha256(content) for name, content in files}
