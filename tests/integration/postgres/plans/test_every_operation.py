"""No operation reads all files without a limit: an index serves it, or it is a search, which a time limit ends.

The table of all operations is that of the bench, which measures them among millions of files.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random

import asyncpg
import pytest

from adapters.postgres.files.records import COLUMNS, to_file
from bench.catalog.measure import CHANGES, set_codec
from bench.catalog.operations import Asked, operations
from bench.catalog.ports import Ports, Remembering
from bench.load_catalog import SEED, load
from domain.errors import FileportError
from domain.files.model import File
from tests.support.parts.databases import new_database

FILES = 20_000
SAMPLE = f"SELECT {COLUMNS} FROM files WHERE expires_at IS NULL ORDER BY sha256 LIMIT 1000"  # noqa: S608
OPERATIONS = operations(FILES)

# A total that is asked for reads all that it counts.
COUNTS = {name for name in OPERATIONS if name.startswith("total: ") or name.endswith("total")}
# Orders of metadata may be by any path, and there cannot be an index for each; nobody was thought to need revisions.
# What is looked for in each file, and is in few or none, is looked for in all.
SEARCHES = {
    "list: where metadata is missing", "list: where revision of none", "list: where type like", "sort: -metadata.score",
    "sort: -metadata.score, deep page", "sort: -revision", "sort: -revision, deep page",
    "sort: metadata.customer.region,name", "sort: metadata.customer.region,name, deep page", "sort: metadata.project",
    "sort: metadata.project, deep page", "sort: revision", "sort: revision, deep page",
}  # fmt: skip
# Those that may read so much, each within a time limit.
MAY_READ_ALL = COUNTS | SEARCHES
# fsck adds all files up, on an administrator's word.
ADDS_UP = {"fsck: usage of all buckets"}


@pytest.fixture(scope="module")
async def catalog(postgres: str, template: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection to a catalog as the bench makes it, with twenty thousand files."""
    async with new_database(postgres, template) as dsn:
        connection = await asyncpg.connect(dsn)
        await load(connection, FILES, seed=SEED, now=datetime.now(UTC), audit=FILES // 10)
        await connection.close()
        connection = await asyncpg.connect(dsn)
        await set_codec(connection)
        yield connection
        await connection.close()


@pytest.fixture(scope="module")
async def sample(catalog: "asyncpg.Connection[asyncpg.Record]") -> list[File]:
    rows = await catalog.fetch(SAMPLE)
    return [to_file(row) for row in rows]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
async def test_an_operation_reads_all_files_within_a_time_limit_if_at_all(
    catalog: "asyncpg.Connection[asyncpg.Record]", sample: list[File], name: str
) -> None:
    connections = Remembering(catalog)
    transaction = catalog.transaction()
    await transaction.start()
    try:
        await OPERATIONS[name](Ports(connections), Asked(sample, Random(name)))
    except FileportError:
        assert name.startswith(CHANGES)
    reading = []
    for sql, values, timeout in connections.statements:
        if sql.lstrip().startswith(("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")):
            plan = "\n".join(row[0] for row in await catalog.fetch(f"EXPLAIN {sql}", *values))
            if "Seq Scan on files" in plan:
                reading.append((timeout, plan))
    await transaction.rollback()
    if name not in ADDS_UP:
        assert all(timeout is not None for timeout, _ in reading), reading
        assert not reading or name in MAY_READ_ALL, reading[0][1]
