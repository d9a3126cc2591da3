"""Asynchronous streams: batched, counted, and worked on concurrently."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

from domain.blobs.chunks import AnyChunk
from domain.blobs.errors import BlobMissingError

T = TypeVar("T")
Item = TypeVar("Item")


async def batches(stream: AsyncIterator[T], size: int) -> AsyncIterator[list[T]]:
    """Yield all of `stream` in lists of `size` items; the last one may be shorter."""
    batch: list[T] = []
    async for each in stream:
        batch.append(each)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


async def counted(chunks: AsyncIterator[AnyChunk], size: int) -> AsyncIterator[AnyChunk]:
    """Yield a blob's `chunks`, never more than `size` bytes. Raises `BlobMissingError` where there are not as many."""
    async for chunk in chunks:
        size -= len(chunk)
        if size < 0:
            raise BlobMissingError("More bytes than the file's are in the blob store.")
        yield chunk
    if size != 0:
        raise BlobMissingError("Some of the file's bytes are not in the blob store.")


async def one_chunk(content: bytes) -> AsyncIterator[bytes]:
    """Yield all of `content` at once, and nothing where it is empty."""
    if content:
        yield content


async def map_concurrently(call: Callable[[Item], Awaitable[T]], items: Iterable[Item], *, concurrency: int) -> list[T]:
    """Call `call` with every item, `concurrency` calls at a time at most, and return the results in any order.

    The first error cancels the other calls, and is raised as it is.
    """
    waiting = iter(items)
    results: list[T] = []

    async def work() -> None:
        for item in waiting:
            results.append(await call(item))  # noqa: PERF401 - the other workers append in between

    failure: BaseException | None = None
    try:
        async with anyio.create_task_group() as workers:
            for _ in range(concurrency):
                workers.start_soon(work)
    except BaseExceptionGroup as errors:
        failure = errors.exceptions[0]
    if failure is not None:
        raise failure
    return results
