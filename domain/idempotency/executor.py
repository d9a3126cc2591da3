"""Make the change of a request with an idempotency key once, however often the request is sent."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import msgspec

from domain.errors import CatalogUnavailableError, OutcomeUnknownError, UnavailableError
from domain.idempotency.errors import IdempotencyKeyInUseError, IdempotencyKeyReusedError
from domain.idempotency.model import KeyClaim, KeyedRequest, KeyRecord
from domain.idempotency.ports import IdempotencyKeys
from domain.values.clock import Clock
from domain.values.ids import new_id

GIVE_UP_SECONDS = 5

T = TypeVar("T")


class IdempotentExecutor:
    """Lets the first of equal requests make its change, and answers the others with its result.

    A committed row claims the key before anything is done, for `lease` seconds; a timer calls `renew_due` several times
    in half a lease. The change records the result itself, in its transaction, and it is kept for `ttl` seconds. A
    request that fails frees its key, since it has changed nothing. Where its outcome is not known, the key is freed
    only if the change was not made and never will be.
    """

    def __init__(self, idempotency_keys: IdempotencyKeys, clock: Clock, *, lease: float, ttl: float) -> None:
        self._idempotency_keys = idempotency_keys
        self._clock = clock
        self.lease = lease
        self._ttl = ttl
        self._renewals: dict[KeyClaim, float] = {}

    async def __call__(
        self,
        request: KeyedRequest | None,
        kind: type[T],
        change: Callable[[KeyClaim | None], Awaitable[T]],
        *,
        check: Callable[[T], Awaitable[None]] | None = None,
    ) -> T:
        """Return the result of `change`, or the one that it had, of type `kind`, when the same request came first.

        `change` finishes the claim that it is given, as `IdempotencyKeys` says; without a key it is given none.
        `check` is given the former result, and may refuse it to a repeat: with `IdempotencyKeyReusedError` where the
        requests differ in a part that is not in the fingerprint. Raises that, `IdempotencyKeyInUseError`, and all that
        `change` and `check` do.
        """
        if request is None:
            return await change(None)
        claim = KeyClaim(id=new_id(), caller=request.caller, key=request.key, ttl=self._ttl)
        record = await self._claim(claim, request.fingerprint)
        if record is None:
            return await self._attempt(claim, change)
        first = msgspec.convert(_result(record, request), kind)
        if check is not None:
            await check(first)
        return first

    async def renew_due(self) -> None:
        """Renew every claim that has used up half of its lease."""
        due = [claim for claim, renew_at in self._renewals.items() if self._clock.monotonic() >= renew_at]
        if not due:
            return
        renew_at = self._next_renewal()
        await self._idempotency_keys.renew_claims(due, lease=self.lease)
        self._renewals |= dict.fromkeys(self._renewals.keys() & due, renew_at)

    async def _claim(self, claim: KeyClaim, fingerprint: str) -> KeyRecord | None:
        # Computed before the call, so that the lease never ends earlier in the catalog than here.
        renew_at = self._next_renewal()
        try:
            record = await self._idempotency_keys.claim_key(claim, fingerprint, lease=self.lease)
        except OutcomeUnknownError as error:
            await self._give_up(claim)
            # Only the outcome of the claim is unknown: for certain, the change was not made.
            raise CatalogUnavailableError(error.detail) from error
        except anyio.get_cancelled_exc_class():
            await self._give_up(claim)
            raise
        if record is None:
            self._renewals[claim] = renew_at
        return record

    async def _attempt(self, claim: KeyClaim, change: Callable[[KeyClaim], Awaitable[T]]) -> T:
        try:
            return await change(claim)
        except BaseException:  # cancelled, too
            await self._give_up(claim)
            raise
        finally:
            del self._renewals[claim]

    async def _give_up(self, claim: KeyClaim) -> None:
        """Free the key, even in a cancelled task."""
        with anyio.move_on_after(GIVE_UP_SECONDS, shield=True):
            try:
                await self._idempotency_keys.give_up_claim(claim)
            except UnavailableError:
                return  # the lease ends a little later

    def _next_renewal(self) -> float:
        return self._clock.monotonic() + self.lease / 2


def _result(record: KeyRecord, request: KeyedRequest) -> object:
    if record.fingerprint != request.fingerprint:
        raise IdempotencyKeyReusedError("The Idempotency-Key belongs to another request.")
    if not record.is_finished:
        raise IdempotencyKeyInUseError("The first request with this Idempotency-Key has not ended yet.")
    return record.result
