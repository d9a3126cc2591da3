"""Idempotency keys kept in memory."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from domain.errors import LeaseLostError
from domain.idempotency.model import KeyClaim, KeyRecord
from tests.fakes.clock import FakeClock


class KeyRow(msgspec.Struct):
    """What the fake catalog knows of a key."""

    fingerprint: str
    holder: UUID
    lease_until: datetime | None
    expires_at: datetime
    result: object = None


class FakeIdempotencyKeys:
    """Keeps keys in a dictionary. `fail_with` makes every call raise."""

    clock: FakeClock
    keys: dict[tuple[str, str], KeyRow]

    async def claim_key(self, claim: KeyClaim, fingerprint: str, *, lease: float) -> KeyRecord | None:
        self.reach()
        row = self.keys.get((claim.caller, claim.key))
        if row is not None and not self._is_free(row, fingerprint):
            return KeyRecord(fingerprint=row.fingerprint, is_finished=row.lease_until is None, result=row.result)
        self.keys[claim.caller, claim.key] = KeyRow(
            fingerprint=fingerprint,
            holder=claim.id,
            lease_until=self._in(lease),
            expires_at=self._in(max(lease, claim.ttl)),
        )
        return None

    async def renew_claims(self, claims: Sequence[KeyClaim], *, lease: float) -> None:
        self.reach()
        for row in filter(None, map(self._claimed_key, claims)):
            row.lease_until = self._in(lease)
            row.expires_at = max(row.expires_at, row.lease_until)

    async def give_up_claim(self, claim: KeyClaim) -> None:
        self.reach()
        if self._claimed_key(claim):
            del self.keys[claim.caller, claim.key]

    async def forget_keys(self, *, limit: int) -> int:
        self.reach()
        expired = [each for each, row in self.keys.items() if self._is_past(row.expires_at)][:limit]
        for each in expired:
            del self.keys[each]
        return len(expired)

    def _check_claim(self, claim: KeyClaim | None) -> None:
        if claim is not None and self._claimed_key(claim) is None:
            raise LeaseLostError("Another request has the Idempotency-Key by now.")

    def _finish(self, claim: KeyClaim | None, result: object) -> None:
        row = self._claimed_key(claim) if claim else None
        if claim is not None and row is not None:
            row.lease_until, row.expires_at, row.result = None, self._in(claim.ttl), msgspec.to_builtins(result)

    def _claimed_key(self, claim: KeyClaim) -> KeyRow | None:
        row = self.keys.get((claim.caller, claim.key))
        return row if row is not None and row.holder == claim.id and row.lease_until is not None else None

    def _is_free(self, row: KeyRow, fingerprint: str) -> bool:
        return self._is_past(row.expires_at) or (self._is_past(row.lease_until) and row.fingerprint == fingerprint)

    def reach(self) -> None:
        raise NotImplementedError

    def _in(self, seconds: float) -> datetime:
        return self.clock.now() + timedelta(seconds=seconds)

    def _is_past(self, time: datetime | None) -> bool:
        return time is not None and time <= self.clock.now()
