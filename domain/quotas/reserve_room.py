"""Reserve room in a bucket with a quota for a file, before its bytes are taken."""

from collections.abc import AsyncIterable, AsyncIterator

from msgspec.structs import replace

from domain.errors import CatalogUnavailableError, OutcomeUnknownError
from domain.quotas.model import Room
from domain.quotas.ports import Quotas

# The most that is reserved ahead of a body whose length is not known, in bytes.
LARGEST_STEP = 64 * 1024**2


class ReserveRoom:
    """Reserve room for one file, on the staged blob that awaits its bytes."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    async def __call__(self, key: str, room: Room) -> int | None:
        """Do as `Quotas.reserve_room` does, and raise its errors, but for `OutcomeUnknownError`."""
        try:
            return await self._quotas.reserve_room(key, room)
        except OutcomeUnknownError as error:
            # A reservation that was made after all ends with its blob: for certain, nothing was stored.
            raise CatalogUnavailableError(error.detail) from error

    async def in_steps(self, key: str, start: Room, body: AsyncIterable[bytes], *, limit: int) -> AsyncIterator[bytes]:
        """Pass `body` through, which follows `start.size` bytes, and reserve room for each chunk before it.

        A body of one chunk reserves just its length; a longer one as much again ahead, so that the number of
        reservations grows with the logarithm of its length, and beyond that with `LARGEST_STEP`. Nothing is reserved
        for more than `limit` bytes, which the caller refuses. Raises `QuotaExceededError` in place of the first chunk
        without room.
        """
        size, covered = start.size, 0
        has_quota = True
        async for chunk in body:
            size += len(chunk)
            if has_quota and covered < size <= limit:
                ahead = min(size, LARGEST_STEP, limit - size) if covered else 0
                reserved = await self(key, replace(start, size=size, ahead=ahead))
                has_quota, covered = reserved is not None, reserved or 0
            yield chunk
