"""Many small requests from several clients at once, in processes of their own."""

import asyncio
import itertools
import multiprocessing
import os
import statistics
import time

import msgspec
import uvloop

from bench.connection import Connection, request

_WARM_UP = 10


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What each client asks for, one request after the other, until `seconds` are over or `most` were asked.

    The clients take turns at the `paths`; a `{}` in one becomes something that no other request has.
    """

    port: int
    key: str
    clients: int
    seconds: float
    method: str
    paths: tuple[str, ...]
    body: bytes | None = None
    most: int = 1_000_000


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How it went. Latencies in seconds."""

    rate: float
    median: float
    p99: float


class _Sample(msgspec.Struct, frozen=True, kw_only=True):
    begun: float
    ended: float
    latencies: list[float]


def measure(load: Load) -> Result:
    """Put the load on the server, and leave it half of the processors."""
    processes = min(load.clients, max(1, (os.cpu_count() or 1) // 2))
    shares = [
        msgspec.structs.replace(
            load, clients=len(range(process, load.clients, processes)), most=-(-load.most // processes)
        )
        for process in range(processes)
    ]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        samples = pool.starmap(_put, [(share, process) for process, share in enumerate(shares)])
    latencies = sorted(latency for sample in samples for latency in sample.latencies)
    elapsed = max(sample.ended for sample in samples) - min(sample.begun for sample in samples)
    return Result(
        rate=len(latencies) / elapsed,
        median=statistics.median(latencies),
        p99=latencies[len(latencies) * 99 // 100],
    )


def _put(load: Load, process: int) -> _Sample:
    return uvloop.run(_put_all(load, process))


async def _put_all(load: Load, process: int) -> _Sample:
    numbers = itertools.count()
    announced = {} if load.body is None else {"Content_Length": len(load.body)}
    latencies: list[float] = []

    async def ask(connection: Connection) -> None:
        number = next(numbers)
        path = load.paths[number % len(load.paths)].format(f"{process}-{number}")
        await connection.ask(request(load.method, path, load.key, **announced), load.body or b"")

    async def warm_up(connection: Connection) -> None:
        for _ in range(min(_WARM_UP, load.most // load.clients)):
            await ask(connection)

    async def keep_asking(connection: Connection, until: float) -> None:
        while (begun := time.monotonic()) < until and next(budget, None) is not None:
            await ask(connection)
            latencies.append(time.monotonic() - begun)

    connections = [await Connection.open(load.port) for _ in range(load.clients)]
    await asyncio.gather(*map(warm_up, connections))
    budget = iter(range(load.most))
    begun = time.monotonic()
    await asyncio.gather(*(keep_asking(connection, begun + load.seconds) for connection in connections))
    ended = time.monotonic()
    await asyncio.gather(*(connection.close() for connection in connections))
    return _Sample(begun=begun, ended=ended, latencies=latencies)
