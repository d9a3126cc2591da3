"""Idempotency keys in memory."""

from collections.abc import Sequence

import msgspec

from domain.errors import LeaseLostError
from domain.idempotency.model import KeyClaim, KeyRecord
from tests.fakes.database import FakeDatabase, KeyRow


class FakeIdempotencyKeys:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    async def claim_key(self, claim: KeyClaim, fingerprint: str, *, lease: float) -> KeyRecord | None:
        self._database.reach()
        row = self._database.keys.get((claim.caller, claim.key))
        if row is not None and not self._is_free(row, fingerprint):
            return KeyRecord(fingerprint=row.fingerprint, is_finished=row.lease_until is None, result=row.result)
        self._database.keys[claim.caller, claim.key] = KeyRow(
            fingerprint=fingerprint,
            holder=claim.id,
            lease_until=self._database.clock.in_(lease),
            expires_at=self._database.clock.in_(max(lease, claim.ttl)),
        )
        return None

    async def renew_claims(self, claims: Sequence[KeyClaim], *, lease: float) -> None:
        self._database.reach()
        for claim in claims:
            if (row := _held_row(self._database, claim)) is not None:
                row.lease_until = self._database.clock.in_(lease)
                row.expires_at = max(row.expires_at, row.lease_until)

    async def give_up_claim(self, claim: KeyClaim) -> None:
        self._database.reach()
        if _held_row(self._database, claim) is not None:
            del self._database.keys[claim.caller, claim.key]

    async def forget_keys(self, *, limit: int) -> int:
        self._database.reach()
        rows = self._database.keys
        expired = [each for each, row in rows.items() if self._database.clock.has_passed(row.expires_at)][:limit]
        for each in expired:
            del rows[each]
        return len(expired)

    def _is_free(self, row: KeyRow, fingerprint: str) -> bool:
        has_passed = self._database.clock.has_passed
        return has_passed(row.expires_at) or (has_passed(row.lease_until) and row.fingerprint == fingerprint)


def check_claim(database: FakeDatabase, claim: KeyClaim | None) -> None:
    """Raise `LeaseLostError` unless the claim, if there is one, holds its key."""
    if claim is not None and _held_row(database, claim) is None:
        raise LeaseLostError("Another request has the Idempotency-Key by now.")


def finish_claim(database: FakeDatabase, claim: KeyClaim | None, result: object) -> None:
    """Record the result of the change that was made with the claim."""
    if claim is not None and (row := _held_row(database, claim)) is not None:
        row.lease_until = None
        row.expires_at = database.clock.in_(claim.ttl)
        row.result = msgspec.to_builtins(result)


def _held_row(database: FakeDatabase, claim: KeyClaim) -> KeyRow | None:
    row = database.keys.get((claim.caller, claim.key))
    return row if row is not None and row.holder == claim.id and row.lease_until is not None else None
