"""Members of an archive that are read together."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

# Small files are read several at once, since each costs little but a wait for the store, and are kept until they are
# sent. Only a few: every download may be an archive, and the client of S3 has 512 connections for all of them.
SMALL_BYTES = 64 * 1024
BATCH_BYTES = 1024 * 1024
BATCH_FILES = 32
CONCURRENCY = 4


class Sized(Protocol):
    """Anything of a length in bytes."""

    @property
    def size(self) -> int: ...


T = TypeVar("T", bound=Sized)


def batches_of(items: Iterable[T]) -> Iterator[list[T]]:
    """Yield all items in order: consecutive small ones in batches, each of the others alone."""
    batch: list[T] = []
    size = 0
    for item in items:
        is_small = item.size <= SMALL_BYTES
        if batch and (not is_small or len(batch) == BATCH_FILES or size + item.size > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        if is_small:
            batch.append(item)
            size += item.size
        else:
            yield [item]
    if batch:
        yield batch
