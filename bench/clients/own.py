"""Small requests by a client of our own, where wrk is missing. It is slower than a server may be."""

import asyncio
import itertools
import time

import uvloop

from bench.clients.connection import Connection, request
from bench.clients.requests import Requests
from bench.reporting.samples import PERCENTILES, Sample
from bench.reporting.statistics import percentile


def measure(requests: Requests, *, connections: int, seconds: float) -> Sample:
    """Ask for `seconds`, and return the rate in requests a second."""
    return uvloop.run(_measure(requests, connections, seconds))


async def _measure(requests: Requests, connections: int, seconds: float) -> Sample:
    numbers = itertools.count()
    fields = {name.replace("-", "_"): value for name, value in requests.headers.items()}
    if requests.method not in {"GET", "HEAD"}:
        fields["Content_Length"] = str(len(requests.body))
    heads = list(zip(requests.paths, requests.own_fields(), strict=True))
    latencies: list[float] = []

    async def keep_asking(connection: Connection, until: float) -> None:
        while (begun := time.monotonic()) < until:
            number = next(numbers)
            path, own = heads[number % len(heads)]
            path = path.replace("{}", str(number))
            await connection.ask(request(requests.method, path, **fields, **own), requests.body)
            latencies.append(time.monotonic() - begun)

    opened = [await Connection.open(requests.port) for _ in range(connections)]
    begun = time.monotonic()
    await asyncio.gather(*(keep_asking(connection, begun + seconds) for connection in opened))
    elapsed = time.monotonic() - begun
    await asyncio.gather(*(connection.close() for connection in opened))
    latencies.sort()
    return Sample(
        value=len(latencies) / elapsed,
        count=len(latencies),
        latencies={str(each): percentile(latencies, each / 100) for each in PERCENTILES},
    )
