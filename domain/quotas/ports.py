"""The port of quotas; `tests/contracts` checks its contract."""

from typing import Protocol

from domain.quotas.model import Room


class Quotas(Protocol):
    """Reserves room in buckets with a quota, for files whose bytes are on their way.

    A reservation belongs to a staged blob, and every check of its bucket's quota counts it. It ends once, with the
    state of its blob: in the transaction that makes the blob live, where the file's usage replaces it, or that
    condemns the blob. It counts no longer than the blob's lease. That of a direct upload ends with the upload.
    """

    async def reserve_room(self, key: str, room: Room) -> int | None:
        """Reserve the room for the staged blob `key`, in place of its former reservation.

        A file that replaces another needs room for the difference. Returns the size, in bytes, for which there is room
        now, None where the bucket has no quota. Raises
        `NoSuchBucketError`, `LeaseLostError` where the blob is not staged, and `QuotaExceededError`, with what was
        reserved before unchanged.
        """
        ...

    async def release_orphaned(self, *, limit: int) -> int:
        """Release up to `limit` reservations of direct uploads that have ended or expired, and return their number.

        An upload that ends releases its own; these are left by uploads that expired, and by former releases.
        """
        ...
