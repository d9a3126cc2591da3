"""The audit after crashes: it has an entry for every change that was committed, and for no other."""

import asyncpg

# A file's life is one entry that made it, one for each later revision, and one that removed it where it is gone. A move
# has two entries, of which one counts.
_DISAGREEING = """
WITH entries AS (
    SELECT file_id,
        count(*) FILTER (WHERE action IN ('file.create', 'file.copy_to')) AS made,
        count(*) FILTER (WHERE action IN ('file.replace', 'file.change', 'file.move_to')) AS changed,
        count(*) FILTER (WHERE action = 'file.move_from') - count(*) FILTER (WHERE action = 'file.move_to') AS halves,
        count(*) FILTER (WHERE action IN ('file.delete', 'file.expire')) AS removed
    FROM audit WHERE action LIKE 'file.%' GROUP BY file_id
)
SELECT coalesce(id, file_id) AS id, revision, made, changed, halves, removed
FROM files FULL JOIN entries ON id = file_id
WHERE made IS DISTINCT FROM 1 OR halves <> 0 OR removed <> CASE WHEN id IS NULL THEN 1 ELSE 0 END
    OR changed <> revision - 1
"""
_UNFINISHED_JOBS = """
SELECT id, state FROM jobs
WHERE (SELECT count(*) FROM audit WHERE subject = jobs.id::text AND action = 'job.start') <> 1
    OR (SELECT count(*) FROM audit WHERE subject = jobs.id::text AND action IN ('job.end', 'job.cancel'))
        <> CASE WHEN finished_at IS NULL THEN 0 ELSE 1 END
"""
_BUCKETS = """
SELECT name FROM buckets
WHERE (
    SELECT count(*) FILTER (WHERE action = 'bucket.create') - count(*) FILTER (WHERE action = 'bucket.delete')
    FROM audit WHERE audit.bucket = buckets.name
) <> CASE name WHEN 'default' THEN 0 ELSE 1 END
"""


async def check_audit(database: str) -> None:
    """Compare the audit with the files, the jobs and the buckets that it is about, none of which changes meanwhile."""
    connection = await asyncpg.connect(database)
    try:
        for statement in (_DISAGREEING, _UNFINISHED_JOBS, _BUCKETS):
            wrong = [dict(row) for row in await connection.fetch(statement)]
            assert wrong == [], f"The audit and the catalog disagree: {wrong}"
        assert await connection.fetchval("SELECT count(*) FROM audit") > 0
    finally:
        await connection.close()
