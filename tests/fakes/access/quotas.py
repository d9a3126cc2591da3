"""The room that uploads have reserved, in memory."""

from domain.buckets.model import Growth
from domain.errors import LeaseLostError
from domain.quotas.model import Room
from tests.fakes.database import FakeDatabase, RoomRow


class FakeQuotas:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    async def reserve_room(self, key: str, room: Room) -> int | None:
        self._database.reach()
        bucket = room.bucket
        row = self._database.blobs.get(key)
        if row is None or row.state != "staged":
            raise LeaseLostError("The upload's lease has ended.")
        policy = self._database.bucket(bucket).policy
        if not policy.has_quota:
            return None
        replaced = self._database.file_named(bucket, room.name)
        kept = replaced.size if replaced else 0
        added = Growth(bytes=max(0, room.size - kept), files=0 if replaced else 1)
        taken = self._database.taken(bucket, without=key)
        policy.check_quota(bucket, used=taken, added=added)
        ahead = room.ahead if added.adds else 0
        if policy.quota_bytes is not None:
            ahead = max(0, min(ahead, policy.quota_bytes - taken.bytes - added.bytes))
        row.room = RoomRow(bucket=bucket, bytes=added.bytes + ahead, files=added.files)
        return max(room.size, kept) + ahead

    async def release_orphaned(self, *, limit: int) -> int:
        self._database.reach()
        keys = [key for key, _ in self._database.orphaned_rooms(0)][:limit]
        for key in keys:
            self._database.blobs[key].room = None
        return len(keys)
