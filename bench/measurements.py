"""What is measured, in its order."""

import asyncio
import random

import msgspec

from bench import report
from bench.authentication import measure_authentication
from bench.connection import Connection, request
from bench.load import Load, Result, measure
from bench.server import Server
from bench.transfer import MEBIBYTE, PIECE, measure_download, measure_resumable, measure_upload

SMALL = 10 * 1024
CLIENTS = (1, 32)
PAGE = 50
_FILES = "/v1/buckets/default/files"
_FILLING_SECONDS = 600


class Measurements:
    """Of one server; `seconds` is how long each load is put on it."""

    def __init__(self, server: Server, seconds: float) -> None:
        self._server = server
        self._seconds = seconds

    def small_files(self) -> None:
        body = random.Random(0).randbytes(SMALL)
        for clients in CLIENTS:
            report.load("upload 10 KiB", clients, self._put(f"{_FILES}/small/{clients}/{{}}", clients, body))
        ids = asyncio.run(self._some_ids())
        for clients in CLIENTS:
            report.load("download 10 KiB", clients, self._get([f"/v1/files/{id}/content" for id in ids], clients))
        for clients in CLIENTS:
            report.load("metadata of a file", clients, self._get([f"/v1/files/{id}" for id in ids], clients))

    def authentication(self) -> None:
        [id_, *_] = asyncio.run(self._some_ids())
        report.authentication(measure_authentication(self._server.environ, id_))

    def listing(self, files: int) -> None:
        """Measure pages out of at least so many files."""
        folders = max(1, files // 100)
        paths = [f"{_FILES}/listed/{folder:04}/{{}}" for folder in range(folders)]
        filling = msgspec.structs.replace(
            self._load("PUT", paths, CLIENTS[-1]), body=b"x", seconds=_FILLING_SECONDS, most=files
        )
        report.load(f"upload {files:,} files of 1 byte", CLIENTS[-1], measure(filling))
        for name, query in {
            "newest first": "",
            "by name": "&sort=name",
            "below a prefix": f"&prefix=listed/{folders // 2:04}/",
        }.items():
            for clients in CLIENTS:
                result = self._get([f"/v1/files?bucket=default&limit={PAGE}{query}"], clients)
                report.load(f"list {PAGE}, {name}", clients, result)

    def large_file(self, mebibytes: int) -> None:
        size = mebibytes * MEBIBYTE
        report.transfer(f"upload {mebibytes} MiB", measure_upload(self._server, size))
        report.transfer(
            f"upload {mebibytes} MiB by tus, {PIECE // MEBIBYTE} MiB at a time", measure_resumable(self._server, size)
        )
        report.transfer(f"download {mebibytes} MiB", measure_download(self._server, size))

    def _put(self, path: str, clients: int, body: bytes) -> Result:
        return measure(msgspec.structs.replace(self._load("PUT", [path], clients), body=body))

    def _get(self, paths: list[str], clients: int) -> Result:
        return measure(self._load("GET", paths, clients))

    def _load(self, method: str, paths: list[str], clients: int) -> Load:
        return Load(
            port=self._server.port,
            key=self._server.key,
            clients=clients,
            seconds=self._seconds,
            method=method,
            paths=tuple(paths),
        )

    async def _some_ids(self) -> list[str]:
        connection = await Connection.open(self._server.port)
        page = await connection.ask(request("GET", "/v1/files?prefix=small/&limit=100", self._server.key))
        await connection.close()
        return [file["id"] for file in msgspec.json.decode(page)["items"]]
