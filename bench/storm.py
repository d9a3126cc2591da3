"""`python -m bench.storm`: many clients at once, with small files and large ones, some of them slow.

Each stores its files and reads them back. Who is answered 503 waits as long as he is told and tries again. Nothing is
measured by the clock: all must get through, every byte must come back, and the memory is reported.
"""

import argparse
import asyncio
import hashlib
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Self

import msgspec
import uvloop

from bench.clients.connection import HOST
from bench.memory import Memory
from bench.sides import fileport
from bench.sides.side import KEY

KIBIBYTE, MEBIBYTE = 1024, 1024**2

# Sizes of files, and how many of a hundred clients have one of that size.
SIZES = {10 * KIBIBYTE: 70, 200 * KIBIBYTE: 15, MEBIBYTE: 9, 8 * MEBIBYTE: 4, 32 * MEBIBYTE: 2}
# Of how many clients one is slow.
_SLOW = 10
_SLOW_PIECES = 20
_SLOW_PAUSE_SECONDS = 0.05
_BUFFER = 64 * KIBIBYTE
_READY_PAUSE_SECONDS = 0.1


class Tally(msgspec.Struct):
    """What happened. `wrong` has a line for everything that must never happen."""

    stored: int = 0
    read: int = 0
    moved: int = 0
    shed: int = 0
    ready: Counter[int] = msgspec.field(default_factory=Counter)
    wrong: list[str] = msgspec.field(default_factory=list)


class Storm:
    """`clients` at once against the server on `port`, each with `rounds` files, all the same for the same `seed`."""

    def __init__(self, port: int, key: str, *, clients: int, rounds: int = 1, seed: int = 0) -> None:
        self.tally = Tally()
        self._port = port
        self._key = key
        self._clients = clients
        self._rounds = rounds
        self._random = random.Random(seed)
        # Every file is a part of it, from an offset of its own.
        self._sea = memoryview(self._random.randbytes(max(SIZES) + MEBIBYTE))

    async def rage(self) -> Tally:
        """Run all clients, and ask the server's readiness continuously."""
        polling = asyncio.create_task(self._poll())
        try:
            await asyncio.gather(*(self._client(number) for number in range(self._clients)))
        finally:
            polling.cancel()
        return self.tally

    async def _client(self, number: int) -> None:
        is_slow = number % _SLOW == 0
        for round_ in range(self._rounds):
            (size,) = self._random.choices(list(SIZES), weights=list(SIZES.values()))
            start = self._random.randrange(MEBIBYTE)
            content = self._sea[start : start + size]
            path = f"/v1/buckets/default/files/storm/{number}-{round_}"
            stored = await self._insist("PUT", path, content, is_slow=is_slow)
            digest = hashlib.sha256(content).hexdigest()
            if msgspec.json.decode(stored.body)["sha256"] != digest:
                self.tally.wrong.append(f"{path} was stored with another hash")
            self.tally.stored += 1
            read = await self._insist("GET", path, None, is_slow=is_slow)
            if (read.size, read.sha256) != (size, digest):
                self.tally.wrong.append(f"{path} came back with another hash")
            self.tally.read += 1
            self.tally.moved += 2 * size

    async def _insist(self, method: str, path: str, body: memoryview | None, *, is_slow: bool) -> "_Answer":
        while True:
            try:
                async with await _Connection.open(self._port) as connection:
                    answer = await connection.ask(method, path, self._key, body, is_slow=is_slow)
            except (OSError, EOFError) as error:
                self.tally.wrong.append(f"{method} {path}: {error!r}")
                continue
            if answer.is_success:
                return answer
            if answer.status != 503 or "retry-after" not in answer.headers:
                self.tally.wrong.append(f"{method} {path}: {answer.status} {answer.body.decode()}")
            self.tally.shed += 1
            pause = int(answer.headers.get("retry-after", "1"))
            await asyncio.sleep(pause * self._random.uniform(1, 1.5))

    async def _poll(self) -> None:
        while True:
            async with await _Connection.open(self._port) as connection:
                answer = await connection.ask("GET", "/health/ready", self._key, None, is_slow=False)
            self.tally.ready[answer.status] += 1
            await asyncio.sleep(_READY_PAUSE_SECONDS)


class _Answer(msgspec.Struct, frozen=True):
    """An answer. `body` is kept only where it is short; `size` and `sha256` are those of all of it."""

    status: int
    headers: dict[str, str]
    body: bytes
    size: int
    sha256: str

    @property
    def is_success(self) -> bool:
        return self.status in {200, 201}


class _Connection:
    """One connection, for one request."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection(HOST, port, limit=_BUFFER))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.transport.abort()

    async def ask(self, method: str, path: str, key: str, body: memoryview | None, *, is_slow: bool) -> _Answer:
        """Send a request; its body only once the server has said that it wants it."""
        announced = "" if body is None else f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n"
        self._writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {key}\r\n{announced}\r\n".encode()
        )
        status, headers = await self._head()
        if status == 100 and body is not None:
            await self._send(body, is_slow=is_slow)
            status, headers = await self._head()
        return await self._body(status, headers, is_slow=is_slow)

    async def _send(self, body: memoryview, *, is_slow: bool) -> None:
        piece = max(1, len(body) // _SLOW_PIECES) if is_slow else MEBIBYTE
        for start in range(0, len(body), piece):
            self._writer.write(body[start : start + piece])
            await self._writer.drain()
            if is_slow:
                await asyncio.sleep(_SLOW_PAUSE_SECONDS)

    async def _head(self) -> tuple[int, dict[str, str]]:
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = (line.partition(": ") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): value for name, _, value in headers}

    async def _body(self, status: int, headers: dict[str, str], *, is_slow: bool) -> _Answer:
        digest = hashlib.sha256()
        size = left = int(headers["content-length"])
        piece = max(1, size // _SLOW_PIECES) if is_slow else _BUFFER
        kept = b""
        while left:
            chunk = await self._reader.read(min(left, piece))
            if not chunk:
                raise EOFError(f"The answer ended {left} bytes early.")
            left -= len(chunk)
            digest.update(chunk)
            kept += chunk if size <= _BUFFER else b""
            if is_slow:
                await asyncio.sleep(_SLOW_PAUSE_SECONDS)
        return _Answer(status, headers, kept, size, digest.hexdigest())


def main() -> int:
    options = _parser().parse_args()
    # Where root runs the bench, the embedded Postgres has another user, which needs access to the directory.
    data_dir = Path(tempfile.mkdtemp(prefix="fp-storm-"))
    data_dir.chmod(0o755)
    settings = dict(each.removeprefix("FILEPORT_").split("=", 1) for each in options.set)
    try:
        server = fileport.start("storm", data_dir, settings)
        try:
            storm = Storm(server.port, KEY, clients=options.clients, rounds=options.rounds, seed=options.seed)
            tally = uvloop.run(storm.rage())
            _report(tally, Memory(server.program.pid))
        finally:
            server.stop()
    finally:
        shutil.rmtree(data_dir, ignore_errors=True)
    return 1 if tally.wrong or set(tally.ready) != {200} else 0


def _report(tally: Tally, memory: Memory) -> None:
    print(f"{tally.stored} files stored, {tally.read} read back, {tally.moved / 1e6:,.0f} MB moved")
    print(f"{tally.shed} requests shed; readiness: {dict(tally.ready)}")
    for name, peak in memory.peaks():
        print(f"{name}: {peak / MEBIBYTE:.0f} MiB at most")
    for line in tally.wrong:
        print(f"WRONG: {line}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description="Put a storm of clients on a server.")
    parser.add_argument("--clients", type=int, default=500, help="how many at once (default: 500)")
    parser.add_argument("--rounds", type=int, default=3, help="files that each stores and reads (default: 3)")
    parser.add_argument("--seed", type=int, default=0, help="of sizes and contents (default: 0)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the server")
    return parser


if __name__ == "__main__":
    sys.exit(main())
