"""Repeat a call from several tasks at once, and measure."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from bench.reporting.samples import PERCENTILES, Sample
from bench.reporting.statistics import percentile

Call = Callable[[int], Awaitable[object]]


async def repeat(calls: Sequence[Call], seconds: float) -> Sample:
    """Make each of `calls` again and again, all at once, with a number of its own; the rate is in calls a second."""
    latencies: list[float] = []

    async def keep_calling(call: Call, number: int, until: float) -> None:
        while (begun := time.monotonic()) < until:
            await call(number)
            number += len(calls)
            latencies.append(time.monotonic() - begun)

    begun, used = time.monotonic(), time.process_time()
    await asyncio.gather(*(keep_calling(call, number, begun + seconds) for number, call in enumerate(calls)))
    elapsed = time.monotonic() - begun
    latencies.sort()
    return Sample(
        value=len(latencies) / elapsed,
        count=len(latencies),
        processor=(time.process_time() - used) / max(1, len(latencies)),
        latencies={str(each): percentile(latencies, each / 100) for each in PERCENTILES},
    )
