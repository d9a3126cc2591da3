"""Batches: many operations on files in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from uuid import UUID

import asyncpg
from msgspec import UNSET

from adapters.postgres.blobs import GracePeriod
from adapters.postgres.buckets import lock_bucket
from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database, attempt
from adapters.postgres.files.changes import change, copy, delete, find
from adapters.postgres.idempotency import finish
from domain.access.callers import Caller
from domain.batches.chunks import done_chunk
from domain.batches.model import Change, Copy, Delete, Operation, Outcome
from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.buckets.model import check_bucket_name
from domain.files.access import require_change
from domain.files.model import File, Location
from domain.files.patches import apply_patch
from domain.idempotency.model import KeyClaim

TOUCHED = """
SELECT id, bucket, blob_key FROM files WHERE id = ANY($1::uuid[])
UNION
SELECT id, bucket, blob_key FROM files WHERE (bucket, name) IN (SELECT * FROM unnest($2::text[], $3::text[]))
"""
_LOCK_FILES = "SELECT FROM files WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
_LOCK_BLOBS = "SELECT FROM blobs WHERE key = ANY($1::text[]) ORDER BY key FOR NO KEY UPDATE"


class PostgresBatches:
    """Keep the port `Batches`."""

    def __init__(self, database: Database, *, grace: GracePeriod) -> None:
        self._database = database
        self._grace = grace

    async def apply_batch(
        self, caller: Caller, operations: Sequence[Operation], claim: KeyClaim | None = None
    ) -> list[Outcome]:
        return await self._database.transact(_apply, caller, operations, self._grace, claim)


async def _apply(
    connection: Connection, caller: Caller, operations: Sequence[Operation], grace: float, claim: KeyClaim | None
) -> list[Outcome]:
    outcomes = await apply(connection, caller, operations, grace)
    if claim is not None:
        await finish(connection, claim, done_chunk(claim, outcomes))
    return outcomes


async def apply(connection: Connection, caller: Caller, operations: Sequence[Operation], grace: float) -> list[Outcome]:
    """Keep the promises of `Batches.apply_batch` in a transaction that goes on."""
    outcomes: list[Outcome] = []
    if not all(isinstance(operation, Delete) for operation in operations):
        await _lock_ahead(connection, operations)
    for kind, run in groupby(operations, key=type):
        if kind is Delete:
            # Deletes do not depend on each other, except that the second of a file finds none.
            outcomes += await delete(connection, caller, [each for each in run if isinstance(each, Delete)], grace)
        else:
            outcomes += [
                await attempt(connection, _do, caller, each, grace) for each in run if not isinstance(each, Delete)
            ]
    return outcomes


async def _lock_ahead(connection: Connection, operations: Sequence[Operation]) -> None:
    """Lock the rows that the operations change, in the order of all locks; their own order would be another."""
    rows = await _touched(connection, operations)
    for bucket in sorted({row["bucket"] for row in rows} | set(_destinations(operations))):
        with suppress(InvalidBucketError, NoSuchBucketError):
            await lock_bucket(connection, check_bucket_name(bucket))
    await connection.execute(_LOCK_FILES, [row["id"] for row in rows])
    await connection.execute(_LOCK_BLOBS, [row["blob_key"] for row in rows])


async def _touched(connection: Connection, operations: Sequence[Operation]) -> list[asyncpg.Record]:
    addresses = [operation.address for operation in operations]
    ids = [each for each in addresses if isinstance(each, UUID)]
    places = [each for each in addresses if isinstance(each, Location)]
    named = [(each.bucket, name) for each in places for name in each.forms]
    return await connection.fetch(TOUCHED, ids, [bucket for bucket, _ in named], [name for _, name in named])


def _destinations(operations: Sequence[Operation]) -> Iterator[str]:
    for operation in operations:
        match operation:
            case Copy(to=to) if to.bucket is not None:
                yield to.bucket
            case Change(patch=patch) if patch.bucket is not UNSET:
                yield patch.bucket
            case _:
                pass


async def _do(connection: Connection, caller: Caller, operation: Copy | Change, grace: float) -> File:
    if isinstance(operation, Copy):
        return await copy(connection, caller, operation, grace)
    while True:
        file = await find(connection, operation.address)
        require_change(caller, file, operation.patch.destination)
        operation.precondition.check(file)
        if changed := await change(connection, apply_patch(operation.patch, file), grace):
            return changed
