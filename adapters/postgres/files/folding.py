"""Names that a former release has stored, brought into the form that this one searches.

Only names with characters beyond ASCII differ. `folded_from` is the name that the other two columns were made from: a
former release that renames a file leaves it behind, and `files_unfolded_index` has the file again.
"""

import asyncpg

from adapters.postgres.database.connections import Connection
from adapters.postgres.files.search.names import folded_name
from domain.files.names import search_words

_BATCH = 500
# Never waits, and so never deadlocks: a file that is being changed is left for later.
UNFOLDED = """
SELECT id, name FROM files WHERE octet_length(name) > char_length(name) AND folded_from IS DISTINCT FROM name
ORDER BY id LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
"""
_FOLD = """
UPDATE files
SET folded_from = name, folded_name = new.folded, name_words = array_to_tsvector(string_to_array(new.words, ' '))
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (id, folded, words)
WHERE files.id = new.id
"""


async def fold_names(connection: Connection, limit: int) -> int:
    """Keep the promises of `Files.fold_names`, in a transaction that the caller began."""
    rows = await connection.fetch(UNFOLDED, limit)
    if rows:
        names = [row["name"] for row in rows]
        words = [" ".join(search_words(name)) for name in names]
        await connection.execute(_FOLD, [row["id"] for row in rows], list(map(folded_name, names)), words)
    return len(rows)


async def fold_all_names(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Fold the names of all files, in short transactions. The reaper folds those that were being changed."""
    count = 1
    while count:
        async with connection.transaction():
            count = await fold_names(connection, _BATCH)
