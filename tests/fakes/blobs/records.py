"""The records of blobs in memory."""

from collections.abc import Sequence

from domain.blobs.model import BlobClaim, BlobPart
from tests.fakes.database import BlobRow, FakeDatabase


class FakeBlobRecords:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    async def reserve_blobs(self, keys: Sequence[str], *, lease: float) -> None:
        self._database.reach()
        for key in keys:
            self._database.blobs[key] = BlobRow(state="staged", lease_until=self._database.clock.in_(lease))

    async def renew_leases(self, keys: Sequence[str], *, lease: float) -> set[str]:
        self._database.reach()
        rows = self._database.blobs
        staged = {key for key in keys if key in rows and rows[key].state == "staged"}
        for key in staged:
            rows[key].lease_until = self._database.clock.in_(lease)
        return staged

    async def release_blobs(self, keys: Sequence[str], *, at_once: bool) -> None:
        self._database.reach()
        for key in keys:
            row = self._database.blobs.setdefault(key, BlobRow(state="staged"))
            if row.state == "live":
                continue
            due_at, claimed_until = row.due_at, row.lease_until if row.state == "condemned" else None
            self._database.condemn(row, grace=0 if at_once else None)
            row.due_at = max(filter(None, (due_at, row.due_at)))
            row.lease_until = claimed_until
            row.epoch += 1

    async def condemn_lapsed(self, *, limit: int) -> int:
        self._database.reach()
        lapsed = [
            row
            for row in self._database.blobs.values()
            if row.state == "staged" and self._database.clock.has_passed(row.lease_until)
        ]
        for row in lapsed[:limit]:
            self._database.condemn(row)
        return len(lapsed[:limit])

    async def forget_inline(self, *, limit: int) -> int:
        self._database.reach()
        rows = self._database.blobs
        free = [key for key, row in rows.items() if self._is_free(row) and self._database.content(key) is not None]
        for key in free[:limit]:
            del rows[key]
        return len(free[:limit])

    async def get_contents(self, keys: Sequence[str]) -> dict[str, bytes]:
        self._database.reach()
        found = {key: self._database.content(key) for key in keys}
        return {key: content for key, content in found.items() if content is not None}

    async def get_parts(self, key: str) -> tuple[BlobPart, ...]:
        self._database.reach()
        row = self._database.blobs.get(key)
        return () if row is None else row.parts

    async def claim_condemned(self, *, limit: int, lease: float) -> list[BlobClaim]:
        self._database.reach()
        condemned = [(key, row) for key, row in self._database.blobs.items() if self._is_free(row)]
        free = [(key, row) for key, row in condemned if self._database.content(key) is None][:limit]
        for _, row in free:
            row.epoch += 1
            row.lease_until = self._database.clock.in_(lease)
        return [BlobClaim(key=key, epoch=row.epoch, finished=row.blob is not None) for key, row in free]

    async def forget_blobs(self, claims: Sequence[BlobClaim]) -> int:
        self._database.reach()
        rows = self._database.blobs
        held = [claim for claim in claims if claim.key in rows and rows[claim.key].epoch == claim.epoch]
        for claim in held:
            del rows[claim.key]
        return len(held)

    def _is_free(self, row: BlobRow) -> bool:
        """Tell whether the blob's grace is over and no claim to it holds."""
        is_claimed = row.lease_until is not None and not self._database.clock.has_passed(row.lease_until)
        return row.state == "condemned" and self._database.clock.has_passed(row.due_at) and not is_claimed
