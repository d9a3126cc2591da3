"""Record changes in the audit, as a part of the statements that make them: a change costs no round trip more."""

from uuid import UUID

from adapters.postgres.database.connections import Connection
from domain.access.acting import acting
from domain.access.callers import Caller
from domain.audit.model import ChangeAction

By = tuple[str, str | None, str | None]


def recording(rows: str, caller: int) -> str:
    """Return the INSERT, to stand in a WITH, that records changes.

    `rows` is the query of them, with the columns action, bucket, file_id, name and subject. The values of `by` are
    bound to the parameter number `caller` and the two after it.
    """
    return f"""
    INSERT INTO audit (at, id, action, outcome, caller, address, request_id, bucket, file_id, name, subject)
    SELECT statement_timestamp(), gen_random_uuid(), action, 'done', ${caller}::text, ${caller + 1}::text,
        ${caller + 2}::text, bucket, file_id, name, subject
    FROM ({rows}) AS done (action, bucket, file_id, name, subject)
    """


def by(caller: Caller | None = None) -> By:
    """Return the caller's values in an entry: those of the present one, where none is given."""
    caller = caller or acting.get()
    return caller.owner, caller.address, caller.request_id


_RECORD = recording("SELECT $4::text, $5::text, $6::uuid, $7::text, $8::text", 1)


async def record(
    connection: Connection,
    action: ChangeAction,
    *,
    bucket: str | None = None,
    file_id: UUID | None = None,
    name: str | None = None,
    subject: str | None = None,
) -> None:
    """Record a change in the transaction that makes it, by a statement of its own."""
    await connection.execute(_RECORD, *by(), action, bucket, file_id, name, subject)
