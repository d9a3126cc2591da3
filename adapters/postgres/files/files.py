"""Files: found, changed, copied and deleted."""

from itertools import product
from uuid import UUID

import asyncpg

from adapters.postgres.blobs import GracePeriod
from adapters.postgres.buckets import POLICY_COLUMNS, to_policy
from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.files.at_once import commit_at_once
from adapters.postgres.files.changes import change, copy, copy_over, delete, expire
from adapters.postgres.files.commit import commit
from adapters.postgres.files.folding import fold_names
from adapters.postgres.files.records import FILE, FILE_FOUND, FILE_NAMED, only
from adapters.postgres.idempotency import finishing
from domain.access.callers import Caller
from domain.batches.model import Copy, Delete
from domain.blobs.model import Blob
from domain.buckets.model import Policy
from domain.files.model import Address, Destination, File, NewFile, Stored
from domain.files.new_copy import NewCopy
from domain.idempotency.model import KeyClaim
from domain.values.preconditions import Precondition

_WITH_POLICY = (
    f"SELECT * FROM ({{}}) AS found JOIN (SELECT name AS bucket, {POLICY_COLUMNS} FROM buckets) AS own USING (bucket)"
)
_FILE_WITH_POLICY = _WITH_POLICY.format(FILE)
_FILE_FOUND_WITH_POLICY = _WITH_POLICY.format(FILE_FOUND)
# Bytes are looked up for inline blobs alone, whose keys tell.
_WITH_CONTENT = (
    "SELECT *, CASE WHEN blob_key >= 'f' THEN (SELECT content FROM blobs WHERE key = blob_key) END AS content"
    " FROM ({}) AS found"
)
# No row leaves Postgres of a file that is not public: its time would tell it from one that is missing.
_ONLY_PUBLIC = " WHERE public"
# By whether the file is looked for by its id, whether its content is, and whether it has to be public.
_READS = {
    (by_id, with_content, only_public): (_WITH_CONTENT if with_content else "{}").format(
        (_FILE_WITH_POLICY if by_id else _FILE_FOUND_WITH_POLICY) + (_ONLY_PUBLIC if only_public else "")
    )
    for by_id, with_content, only_public in product((True, False), repeat=3)
}


class PostgresFiles:
    """Keep the port `Files`."""

    def __init__(self, database: Database, *, grace: GracePeriod) -> None:
        self._database = database
        self._grace = grace

    async def commit_file(self, new: NewFile, blob: Blob, claim: KeyClaim | None = None) -> Stored:
        if claim is None:
            return await commit_at_once(self._database, new, blob, self._grace)
        return await self._database.transact(commit, new, blob, self._grace, claim)

    async def get_file(self, id: UUID) -> File:
        return only(await self._database.read(FILE, id))

    async def get_file_by_name(self, bucket: str, name: str) -> File:
        return only(await self._database.read(FILE_NAMED, bucket, name))

    async def get_file_with_policy(self, address: Address, *, only_public: bool = False) -> tuple[File, Policy]:
        rows = await self._read_with_policy(address, with_content=False, only_public=only_public)
        return only(rows), to_policy(rows[0])

    async def get_file_with_content(
        self, address: Address, *, only_public: bool = False
    ) -> tuple[File, Policy, bytes | None]:
        rows = await self._read_with_policy(address, with_content=True, only_public=only_public)
        return only(rows), to_policy(rows[0]), rows[0]["content"]

    async def _read_with_policy(
        self, address: Address, *, with_content: bool, only_public: bool
    ) -> list[asyncpg.Record]:
        if isinstance(address, UUID):
            return await self._database.read(_READS[True, with_content, only_public], address)
        found = _READS[False, with_content, only_public]
        return await self._database.read(found, address.bucket, address.forms)

    async def change_file(self, changed: File) -> File | None:
        return await self._database.transact(change, changed, self._grace)

    async def copy_file(
        self,
        caller: Caller,
        id: UUID,
        to: Destination,
        precondition: Precondition,
        claim: KeyClaim | None = None,
    ) -> File:
        asked = Copy(address=id, to=to, precondition=precondition)
        return await self._database.transact(finishing(claim, copy), caller, asked, self._grace)

    async def copy_over(self, caller: Caller, new: NewCopy) -> Stored:
        return await self._database.transact(copy_over, caller, new, self._grace)

    async def delete_file(self, caller: Caller, address: Address, precondition: Precondition) -> None:
        await self._database.transact(_delete, caller, address, precondition, self._grace)

    async def expire_files(self, *, limit: int) -> int:
        return await self._database.transact(expire, limit, self._grace)

    async def fold_names(self, *, limit: int) -> int:
        return await self._database.transact(fold_names, limit)


async def _delete(
    connection: Connection, caller: Caller, address: Address, precondition: Precondition, grace: float
) -> None:
    [refusal] = await delete(connection, caller, [Delete(address=address, precondition=precondition)], grace)
    if refusal is not None:
        raise refusal
