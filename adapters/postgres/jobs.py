"""Jobs: kept, claimed, and done step by step."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from adapters.postgres.batches import apply
from adapters.postgres.blobs import GracePeriod
from adapters.postgres.buckets import lock_bucket
from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.files.records import COLUMNS, UNEXPIRED, to_file
from adapters.postgres.files.search.areas import is_shown
from adapters.postgres.files.search.values import Values
from adapters.postgres.idempotency import finishing
from adapters.postgres.recording import by, recording
from domain.access.acting import acting_as
from domain.access.callers import SYSTEM
from domain.access.visibility import Visibility
from domain.files.name_forms import Beginning, beginnings
from domain.files.search.by_name import successor
from domain.idempotency.model import KeyClaim
from domain.jobs.errors import no_such_job
from domain.jobs.model import (
    MAX_ATTEMPTS,
    Job,
    JobClaim,
    JobPosition,
    JobProblem,
    PrefixDestination,
    Progress,
    Task,
    advance,
    operation_on,
)
from domain.values.ids import new_id

_JOB = """
id, kind, bucket, prefix, to_bucket, to_prefix, state, done, failed, problems, created_at, updated_at, finished_at,
owner
"""
_RECORDED = "SELECT '{action}', bucket, NULL::uuid, prefix, id::text FROM {jobs}"
# Every name comes after the empty one.
_CREATE = f"""
WITH created AS (
    INSERT INTO jobs (
        id, kind, bucket, prefix, to_bucket, to_prefix, state, position, done, failed, problems, epoch, attempts,
        due_at, created_at, updated_at, owner
    ) VALUES (
        $1, $2, $3, $4, $5, $6, 'queued', '', 0, 0, '[]', 0, 0,
        statement_timestamp(), statement_timestamp(), statement_timestamp(), $7
    )
    RETURNING *
), recorded AS (
    {recording(_RECORDED.format(action="job.start", jobs="created"), 8)}
)
SELECT {_JOB} FROM created
"""
_FIND = f"SELECT {_JOB} FROM jobs WHERE id = $1"
# A name below the prefix that no file has: it lies where all names below the prefix do.
_BELOW = "prefix || chr(1)"
_CANCEL = f"""
WITH cancelled AS (
    UPDATE jobs
    SET state = 'cancelled', due_at = NULL, updated_at = statement_timestamp(), finished_at = statement_timestamp()
    WHERE id = $1 AND finished_at IS NULL
    RETURNING *
), recorded AS (
    {recording(_RECORDED.format(action="job.cancel", jobs="cancelled"), 2)}
)
SELECT {_JOB} FROM cancelled
"""
_FORGET = "DELETE FROM jobs WHERE id = $1 AND finished_at IS NOT NULL RETURNING id"
CLAIM = f"""
WITH due AS (
    SELECT id, attempts < $2 AS goes_on FROM jobs WHERE due_at <= statement_timestamp()
    ORDER BY due_at LIMIT 1
    FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE jobs
    SET state = CASE WHEN goes_on THEN 'running' ELSE 'failed' END, epoch = epoch + 1, attempts = attempts + 1,
        due_at = CASE WHEN goes_on THEN statement_timestamp() + make_interval(secs => $1) END,
        updated_at = statement_timestamp(), finished_at = CASE WHEN NOT goes_on THEN statement_timestamp() END
    FROM due WHERE jobs.id = due.id
    RETURNING jobs.id, kind, bucket, prefix, epoch, goes_on
), recorded AS (
    {recording(_RECORDED.format(action="job.end", jobs="claimed WHERE NOT goes_on"), 3)}
)
SELECT id, kind, epoch, goes_on FROM claimed
"""
_HOLD = f"SELECT {_JOB}, position FROM jobs WHERE id = $1 AND epoch = $2 AND state = 'running' FOR UPDATE"
# Files that the job does not cover count, too, so that a step is never long.
_EXAMINE = f"""
SELECT {COLUMNS},
    updated_at < $5 AND {UNEXPIRED} AND substr(name, length($2) + 1, 1) <> ALL($6::text[]) AS is_covered
FROM files
WHERE bucket = $1 AND name >= $2 AND name > $3 {{}}
ORDER BY name LIMIT $4
"""
_EXAMINE_TO_END = _EXAMINE.format("")
_EXAMINE_TO = _EXAMINE.format("AND name < $7")
_RECORD = f"""
WITH advanced AS (
    UPDATE jobs
    SET done = $2, failed = $3, problems = $4, position = $5, attempts = 0, updated_at = statement_timestamp(),
        state = CASE WHEN $6 THEN 'done' ELSE state END,
        due_at = CASE WHEN NOT $6 THEN statement_timestamp() + make_interval(secs => $7) END,
        finished_at = CASE WHEN $6 THEN statement_timestamp() END
    WHERE id = $1
    RETURNING *
), recorded AS (
    {recording(_RECORDED.format(action="job.end", jobs="advanced WHERE $6"), 8)}
)
SELECT {_JOB} FROM advanced
"""
_RELEASE = """
UPDATE jobs SET due_at = statement_timestamp(), attempts = greatest(attempts - 1, 0), epoch = epoch + 1
WHERE id = $1 AND epoch = $2 AND state = 'running'
"""
FORGET_ENDED = """
WITH old AS (
    SELECT id FROM jobs WHERE finished_at <= statement_timestamp() - make_interval(secs => $1)
    ORDER BY finished_at LIMIT $2
    FOR UPDATE SKIP LOCKED
)
DELETE FROM jobs USING old WHERE jobs.id = old.id
RETURNING jobs.id
"""


class PostgresJobs:
    """Keep the port `Jobs`."""

    def __init__(self, database: Database, *, grace: GracePeriod) -> None:
        self._database = database
        self._grace = grace

    async def create_job(self, owner: str, task: Task, claim: KeyClaim | None = None) -> Job:
        return await self._database.transact(finishing(claim, _create), owner, task)

    async def get_job(self, id: UUID) -> Job:
        rows = await self._database.read(_FIND, id)
        if not rows:
            raise no_such_job()
        return _to_job(rows[0])

    async def list_jobs(self, visibility: Visibility, *, after: JobPosition | None, limit: int) -> list[Job]:
        sql, values = newest_statement(visibility, after=after, limit=limit)
        return [_to_job(row) for row in await self._database.search(sql, values)]

    async def end_job(self, id: UUID) -> Job | None:
        return await self._database.transact(_end, id)

    async def claim_job(self, *, lease: float) -> JobClaim | None:
        while rows := await self._database.change(CLAIM, lease, MAX_ATTEMPTS, *by()):
            if rows[0]["goes_on"]:
                return JobClaim(id=rows[0]["id"], kind=rows[0]["kind"], epoch=rows[0]["epoch"])
        return None

    async def advance_job(self, claim: JobClaim, *, lease: float, limit: int) -> Job | None:
        return await self._database.transact(_advance, claim, lease, limit, self._grace)

    async def release_job(self, claim: JobClaim) -> None:
        await self._database.change(_RELEASE, claim.id, claim.epoch)

    async def forget_jobs(self, *, age: float, limit: int) -> int:
        return len(await self._database.change(FORGET_ENDED, age, limit))


def newest_statement(visibility: Visibility, *, after: JobPosition | None, limit: int) -> tuple[str, list[Any]]:
    """Return the SQL of the newest jobs that are shown, and the values bound to it."""
    values = Values()
    condition = is_shown(visibility, values, name=_BELOW)
    if after is not None:
        position = f"{values.bind(after.created_at, 'timestamptz')}, {values.bind(after.id, 'uuid')}"
        condition += f" AND (created_at, id) < ({position})"
    return (
        f"SELECT {_JOB} FROM jobs WHERE {condition} ORDER BY created_at DESC, id DESC "
        f"LIMIT {values.bind(limit, 'bigint')}"
    ), values.bound


def examine_statement(
    bucket: str, beginning: Beginning, asked_at: datetime, *, after: str, limit: int
) -> tuple[str, list[Any]]:
    """Return the SQL of the next files whose names begin so, by name, and the values bound to it."""
    values = [bucket, beginning.text, after, limit, asked_at, beginning.joining]
    end = successor(beginning.text)
    return (_EXAMINE_TO_END, values) if end is None else (_EXAMINE_TO, [*values, end])


async def _create(connection: Connection, owner: str, task: Task) -> Job:
    to = task.to or PrefixDestination(prefix="")
    for bucket in sorted({task.bucket, to.bucket or task.bucket}):
        await lock_bucket(connection, bucket)
    to_prefix = None if task.to is None else to.prefix
    [row] = await connection.fetch(
        _CREATE, new_id(), task.kind, task.bucket, task.prefix, to.bucket, to_prefix, owner, *by()
    )
    return _to_job(row)


async def _end(connection: Connection, id: UUID) -> Job | None:
    row = await connection.fetchrow(_CANCEL, id, *by())
    if row is not None:
        return _to_job(row)
    if await connection.fetchval(_FORGET, id) is None:
        raise no_such_job()
    return None


async def _advance(connection: Connection, claim: JobClaim, lease: float, limit: int, grace: float) -> Job | None:
    # Locked before all else, so that a claim that is outlived does nothing, and none can come amid the step.
    row = await connection.fetchrow(_HOLD, claim.id, claim.epoch)
    if row is None:
        return None
    job = _to_job(row)
    with acting_as(job.maker):
        return await _step(connection, job, row["position"], lease=lease, limit=limit, grace=grace)


async def _step(connection: Connection, job: Job, position: str, *, lease: float, limit: int, grace: float) -> Job:
    examined = await _examine(connection, job, position, limit)
    files = [to_file(each) for each in examined if each["is_covered"]]
    outcomes = await apply(connection, SYSTEM, [operation_on(job.task, file) for file in files], grace)
    progress = advance(job.progress, files, outcomes)
    [row] = await connection.fetch(
        _RECORD,
        job.id,
        progress.done,
        progress.failed,
        progress.problems,
        examined[-1]["name"] if examined else position,
        len(examined) < limit,
        lease,
        *by(),
    )
    return _to_job(row)


async def _examine(connection: Connection, job: Job, after: str, limit: int) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = []
    for beginning in beginnings(job.task.prefix):
        if len(rows) < limit:
            sql, values = examine_statement(
                job.task.bucket, beginning, job.created_at, after=after, limit=limit - len(rows)
            )
            rows += await connection.fetch(sql, *values)
    return rows


def _to_job(row: asyncpg.Record) -> Job:
    to_prefix = row["to_prefix"]
    to = None if to_prefix is None else PrefixDestination(bucket=row["to_bucket"], prefix=to_prefix)
    problems = msgspec.convert(row["problems"], tuple[JobProblem, ...])
    return Job(
        id=row["id"],
        task=Task(kind=row["kind"], bucket=row["bucket"], prefix=row["prefix"], to=to),
        state=row["state"],
        progress=Progress(done=row["done"], failed=row["failed"], problems=problems),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        finished_at=row["finished_at"],
        owner=row["owner"],
    )
