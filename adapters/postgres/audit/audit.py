"""The audit on Postgres."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from adapters.postgres.audit.listing import list_statement
from adapters.postgres.database.transactions import Database
from domain.access.callers import SYSTEM
from domain.audit.model import AuditEntry, AuditQuery, DenialCount
from domain.errors import CatalogUnavailableError

_MAX_COUNT = 2**31 - 1

_ADD_DENIALS = """
INSERT INTO audit (at, id, action, outcome, caller, address, request_id, bucket, file_id, name, count)
SELECT statement_timestamp() - make_interval(secs => age), gen_random_uuid(), action, 'denied', caller, address,
    request_id, bucket, file_id, name, count
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::integer[], $9::float8[]
) AS denied (action, caller, address, request_id, bucket, file_id, name, count, age)
"""
MAKE_PARTITIONS = "SELECT make_audit_partitions(coalesce($2::timestamptz, statement_timestamp()), $1)"
# Tables that were detached, and not dropped, have no parent any more.
_OLD_PARTITIONS = r"""
SELECT relname AS name, inhparent IS NOT NULL AS is_attached, coalesce(inhdetachpending, false) AS is_pending
FROM pg_class LEFT JOIN pg_inherits ON inhrelid = oid
WHERE relname ~ '^audit_\d{4}_\d{2}$' AND relkind = 'r' AND pg_table_is_visible(oid)
    AND to_date(right(relname, 7), 'YYYY_MM') < date_trunc(
        'month', coalesce($2::timestamptz, statement_timestamp()) AT TIME ZONE 'UTC'
    ) - $1::integer * interval '1 month'
ORDER BY relname
"""


class PostgresAudit:
    """Keep the port `Audit`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_entries(self, query: AuditQuery) -> list[AuditEntry]:
        sql, values = list_statement(query)
        return [_entry(row) for row in await self._database.search(sql, values)]

    async def add_denials(self, denials: Sequence[DenialCount], *, lost: int) -> None:
        rows: list[tuple[object, ...]] = [
            (
                each.denial.action,
                each.denial.caller.owner,
                each.denial.caller.address,
                each.denial.caller.request_id,
                each.denial.bucket,
                each.denial.file_id,
                each.denial.name,
                each.count,
                each.age,
            )
            for each in denials
        ]
        if lost:
            rows.append(("audit.lost", SYSTEM.owner, None, None, None, None, None, min(lost, _MAX_COUNT), 0.0))
        if rows:
            await self._database.change(_ADD_DENIALS, *map(list, zip(*rows, strict=True)))

    async def make_partitions(self, *, ahead: int, now: datetime | None = None) -> int:
        [row] = await self._database.change(MAKE_PARTITIONS, ahead, now)
        made: int = row[0]
        return made

    async def drop_partitions(self, *, months: int, now: datetime | None = None) -> int:
        dropped = 0
        for row in await self._database.read(_OLD_PARTITIONS, months, now):
            try:
                await self._drop(row)
            except asyncpg.InsufficientPrivilegeError as error:
                raise CatalogUnavailableError("The database's user may not drop the audit's partitions.") from error
            except (asyncpg.ObjectNotInPrerequisiteStateError, asyncpg.UndefinedTableError):
                continue  # another replica drops it
            dropped += 1
        return dropped

    async def _drop(self, row: asyncpg.Record) -> None:
        name = row["name"]
        if row["is_pending"]:
            await self._database.change(f"ALTER TABLE audit DETACH PARTITION {name} FINALIZE")
        elif row["is_attached"]:
            await self._database.change(f"ALTER TABLE audit DETACH PARTITION {name} CONCURRENTLY")
        await self._database.change(f"DROP TABLE {name}")


def _entry(row: asyncpg.Record) -> AuditEntry:
    return AuditEntry(**dict(row.items()))
