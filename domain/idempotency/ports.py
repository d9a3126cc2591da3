"""The port of idempotency keys; `tests/contracts` checks its contract."""

from collections.abc import Sequence
from typing import Protocol

from domain.idempotency.model import KeyClaim, KeyRecord


class IdempotencyKeys(Protocol):
    """Keeps idempotency keys, each caller's apart. Times are in seconds, by the catalog's clock.

    A claim holds its key until it is finished or given up, or until another claim takes the key after its lease.
    A change that is made with a claim finishes it: its result is recorded in the transaction of the change, and kept
    for the claim's `ttl` from then. Where the claim is finished already, or does not hold any more, the change raises
    `LeaseLostError` and does nothing: of all claims to a key, one makes one change.
    """

    async def claim_key(self, claim: KeyClaim, fingerprint: str, *, lease: float) -> KeyRecord | None:
        """Claim the key for a request, until `lease` from now. Durable when it returns.

        Returns None if the claim holds, else the record that prevents it: one of another fingerprint, one whose
        lease has not ended, or a finished one. A key is free again when its record has expired.
        """
        ...

    async def renew_claims(self, claims: Sequence[KeyClaim], *, lease: float) -> None:
        """Extend those of the claims that hold until `lease` from now."""
        ...

    async def give_up_claim(self, claim: KeyClaim) -> None:
        """Free the key, if the claim holds. A change that is under way with it ends first, or will do nothing."""
        ...

    async def forget_keys(self, *, limit: int) -> int:
        """Remove up to `limit` records that have expired, and return their number."""
        ...
