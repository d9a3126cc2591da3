"""Idempotency keys, and the results of the requests that had them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar, TypeVarTuple

import msgspec

from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from domain.errors import LeaseLostError
from domain.idempotency.model import KeyClaim, KeyRecord

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

# A claim is identified by its holder, which is never used twice, and not by a number that grows: a key that was
# given up has no row that could go on counting. A record never expires before its lease ends.
_CLAIM = """
INSERT INTO idempotency_keys AS known (caller, key, fingerprint, holder, lease_until, expires_at)
VALUES (
    $1, $2, $3, $4, statement_timestamp() + make_interval(secs => $5),
    statement_timestamp() + make_interval(secs => greatest($5::double precision, $6))
)
ON CONFLICT (caller, key) DO UPDATE
SET fingerprint = excluded.fingerprint, holder = excluded.holder, lease_until = excluded.lease_until, result = NULL,
    expires_at = excluded.expires_at
WHERE known.expires_at <= statement_timestamp()
    OR (known.lease_until <= statement_timestamp() AND known.fingerprint = excluded.fingerprint)
RETURNING key
"""
_RECORD = """
SELECT fingerprint, lease_until IS NULL AS is_finished, result FROM idempotency_keys WHERE caller = $1 AND key = $2
"""
# Rows are locked in the order of their keys, as everywhere.
_RENEW = """
WITH held AS (
    SELECT caller, key FROM idempotency_keys
    JOIN unnest($1::text[], $2::text[], $3::uuid[]) AS claim (caller, key, holder) USING (caller, key, holder)
    WHERE lease_until IS NOT NULL
    ORDER BY caller, key
    FOR UPDATE OF idempotency_keys
)
UPDATE idempotency_keys AS known
SET lease_until = statement_timestamp() + make_interval(secs => $4),
    expires_at = greatest(expires_at, statement_timestamp() + make_interval(secs => $4))
FROM held WHERE known.caller = held.caller AND known.key = held.key
"""
_GIVE_UP = """
DELETE FROM idempotency_keys WHERE caller = $1 AND key = $2 AND holder = $3 AND lease_until IS NOT NULL
"""
_FINISH = """
UPDATE idempotency_keys
SET result = $4, lease_until = NULL, expires_at = statement_timestamp() + make_interval(secs => $5)
WHERE caller = $1 AND key = $2 AND holder = $3 AND lease_until IS NOT NULL
RETURNING key
"""
_FORGET = """
WITH expired AS (
    SELECT caller, key FROM idempotency_keys WHERE expires_at <= statement_timestamp()
    ORDER BY expires_at LIMIT $1
    FOR UPDATE SKIP LOCKED
)
DELETE FROM idempotency_keys AS known USING expired WHERE known.caller = expired.caller AND known.key = expired.key
RETURNING known.key
"""


class PostgresIdempotencyKeys:
    """Keep the port `IdempotencyKeys`. Each call is one statement, and a refused claim one more."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim_key(self, claim: KeyClaim, fingerprint: str, *, lease: float) -> KeyRecord | None:
        while True:
            if await self._database.change(_CLAIM, claim.caller, claim.key, fingerprint, claim.id, lease, claim.ttl):
                return None
            for row in await self._database.read(_RECORD, claim.caller, claim.key):
                return KeyRecord(fingerprint=row["fingerprint"], is_finished=row["is_finished"], result=row["result"])
            # It was given up, or forgotten, just now.

    async def renew_claims(self, claims: Sequence[KeyClaim], *, lease: float) -> None:
        callers, keys = [claim.caller for claim in claims], [claim.key for claim in claims]
        await self._database.change(_RENEW, callers, keys, [claim.id for claim in claims], lease)

    async def give_up_claim(self, claim: KeyClaim) -> None:
        await self._database.change(_GIVE_UP, claim.caller, claim.key, claim.id)

    async def forget_keys(self, *, limit: int) -> int:
        return len(await self._database.change(_FORGET, limit))


def finishing(
    claim: KeyClaim | None, change: Callable[[Connection, *Arguments], Awaitable[T]]
) -> Callable[[Connection, *Arguments], Awaitable[T]]:
    """Return the change, extended to finish the claim, if there is one, in the same transaction."""
    if claim is None:
        return change

    async def change_and_finish(connection: Connection, *arguments: *Arguments) -> T:
        result = await change(connection, *arguments)
        await finish(connection, claim, result)
        return result

    return change_and_finish


async def finish(connection: Connection, claim: KeyClaim, result: object) -> None:
    """Record the result of the transaction's change, as its last statement. Raises `LeaseLostError`.

    `result` is of a type that msgspec converts to builtin types and back.
    """
    values = claim.caller, claim.key, claim.id, msgspec.to_builtins(result), claim.ttl
    if await connection.fetchval(_FINISH, *values) is None:
        raise LeaseLostError("Another request has the Idempotency-Key by now.")
