"""Streams from stores: taken in batches, and worked on a few at once."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

T = TypeVar("T")
Item = TypeVar("Item")


async def batches(stream: AsyncIterator[T], size: int) -> AsyncIterator[list[T]]:
    """Yield all of `stream`, `size` at a time, the last ones as they come."""
    batch: list[T] = []
    async for each in stream:
        batch.append(each)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


async def each_of(call: Callable[[Item], Awaitable[T]], items: Iterable[Item], *, at_once: int) -> list[T]:
    """Call with every item, up to `at_once` of them at a time, and return what came of it, in any order.

    The first error ends the others and comes out as it was raised.
    """
    waiting = iter(items)
    results: list[T] = []

    async def work() -> None:
        for item in waiting:
            results.append(await call(item))  # noqa: PERF401 - others append between

    failure: BaseException | None = None
    try:
        async with anyio.create_task_group() as workers:
            for _ in range(at_once):
                workers.start_soon(work)
    except BaseExceptionGroup as errors:
        failure = errors.exceptions[0]
    if failure is not None:
        raise failure
    return results
