"""One large file, up and down."""

import multiprocessing
import random
import time
from collections.abc import Callable

import msgspec
import uvloop

from bench.connection import Connection, request
from bench.server import Server

MEBIBYTE = 1024 * 1024
PIECE = 8 * MEBIBYTE
_PATH = "/v1/buckets/default/files/large"
_UPLOADS = "/v1/uploads"
_TUS = {"Tus_Resumable": "1.0.0"}


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """How fast it went, in bytes a second, and by how many bytes the server grew; None where that cannot be told."""

    speed: float
    growth: int | None


def measure_upload(server: Server, size: int) -> Transfer:
    return _measure(server, _upload, size)


def measure_resumable(server: Server, size: int) -> Transfer:
    """Upload by tus, in pieces of `PIECE` bytes."""
    return _measure(server, _upload_resumably, size)


def measure_download(server: Server, size: int) -> Transfer:
    return _measure(server, _download, size)


def _measure(server: Server, transfer: Callable[[int, str, int], float], size: int) -> Transfer:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        server.memory.reset_peak()
        before = server.memory.resident()
        seconds = pool.apply(transfer, (server.port, server.key, size))
        peak = server.memory.peak()
    growth = None if before is None or peak is None else max(0, peak - before)
    return Transfer(speed=size / seconds, growth=growth)


def _upload(port: int, key: str, size: int) -> float:
    chunk = random.Random(1).randbytes(MEBIBYTE)

    async def upload() -> float:
        connection = await Connection.open(port)
        begun = time.monotonic()
        answer = await connection.upload(request("PUT", _PATH, key, Content_Length=size), chunk, size // MEBIBYTE)
        seconds = time.monotonic() - begun
        assert msgspec.json.decode(answer)["size"] == size
        await connection.close()
        return seconds

    return uvloop.run(upload())


def _upload_resumably(port: int, key: str, size: int) -> float:
    chunk = random.Random(1).randbytes(MEBIBYTE)

    async def upload() -> float:
        connection = await Connection.open(port)
        begun = time.monotonic()
        await connection.ask(request("POST", _UPLOADS, key, Upload_Length=size, Content_Length=0, **_TUS))
        [upload] = msgspec.json.decode(await connection.ask(request("GET", _UPLOADS, key)))["items"]
        for offset in range(0, size, PIECE):
            piece = min(PIECE, size - offset)
            head = request(
                "PATCH",
                f"{_UPLOADS}/{upload['id']}",
                key,
                Upload_Offset=offset,
                Content_Length=piece,
                Content_Type="application/offset+octet-stream",
                **_TUS,
            )
            await connection.upload(head, chunk, piece // MEBIBYTE)
        seconds = time.monotonic() - begun
        await connection.close()
        return seconds

    return uvloop.run(upload())


def _download(port: int, key: str, size: int) -> float:
    async def download() -> float:
        connection = await Connection.open(port)
        begun = time.monotonic()
        length = await connection.download(request("GET", _PATH, key))
        seconds = time.monotonic() - begun
        assert length == size
        await connection.close()
        return seconds

    return uvloop.run(download())
