"""Listings by name as SQL. Where names have a beginning in common, one look at the index passes all of them."""

from typing import Any

from adapters.postgres.files.records import COLUMNS, UNEXPIRED
from adapters.postgres.files.search.areas import scans_of
from adapters.postgres.files.search.values import Values
from domain.files.search.by_name import BEHIND, NameQuery, successor

# Behind all names that begin alike: none is longer than so many of the last code point.
_ALL_LAST = "repeat(U&'\\+10FFFF', 256)"
_MOST_AT_ONCE = 256
_COLUMNS_OF_FILE = ", ".join(f"(file).{column.strip()}" for column in COLUMNS.split(","))


def name_statement(query: NameQuery) -> tuple[str, list[Any]]:
    """Return the SQL of a page, and the values bound to it.

    Its rows are in order, and have the columns of a file, and `entry`: the beginning that some names have in common,
    null for a file that is an entry by itself.
    """
    values = Values()
    limit = values.bind(query.limit, "bigint")
    if not query.delimiter:
        scan = _scan(query, values, COLUMNS, first=values.bind(query.first, "text"), limit=limit)
        return f"SELECT {COLUMNS}, NULL AS entry FROM ({scan}) AS found ORDER BY name", values.bound
    head, delimiter = values.bind(len(query.prefix), "int"), values.bind(query.delimiter, "text")
    # Of a name with the delimiter: what is before it, and the first text behind all with the same beginning.
    before = f"left(name, {head} + strpos(substr(name, {head} + 1), {delimiter}) - 1)"
    jump = successor(query.delimiter)
    passed = f"{before} || {delimiter} || {_ALL_LAST}" if jump is None else f"{before} || {values.bind(jump, 'text')}"
    # A step reads some names, up to the first one with the delimiter. The next one begins behind all that this one
    # stands for or, with more names at once, behind the last.
    sql = f"""
    WITH RECURSIVE walk AS (
        SELECT NULL::files AS file, NULL::text COLLATE "C" AS entry, 0::bigint AS number, true AS goes_on,
            {values.bind(query.first, "text")} COLLATE "C" AS next, 1 AS size
        UNION ALL
        SELECT step.* FROM walk CROSS JOIN LATERAL (
            SELECT file, CASE WHEN is_joined THEN {before} || {delimiter} END,
                walk.number + place, is_joined OR place = walk.size,
                CASE WHEN is_joined THEN {passed} ELSE name || {values.bind(BEHIND, "text")} END,
                CASE WHEN is_joined THEN 1 ELSE least(2 * walk.size, {_MOST_AT_ONCE}) END
            FROM (
                SELECT *, row_number() OVER names AS place, count(*) FILTER (WHERE is_joined) OVER names AS joined
                FROM ({_scan(query, values, "name, files AS file", first="walk.next", limit="walk.size")}) AS found
                CROSS JOIN LATERAL (SELECT strpos(substr(name, {head} + 1), {delimiter}) > 0 AS is_joined) AS looked
                WINDOW names AS (ORDER BY name)
            ) AS found
            WHERE joined = is_joined::int
        ) AS step
        WHERE walk.goes_on AND walk.number < {limit}
    )
    SELECT {_COLUMNS_OF_FILE}, entry FROM walk WHERE number > 0 ORDER BY number LIMIT {limit}
    """
    return sql, values.bound


def _scan(query: NameQuery, values: Values, columns: str, *, first: str, limit: str) -> str:
    """Return the SQL of the files of the listing from the name `first` on, in order. That and `limit` are SQL.

    One scan of an index for each area, which ends with the page, however many files of others lie between.
    """
    conditions = [f"bucket = {values.bind(query.bucket, 'text')}", UNEXPIRED, f"name >= {first}"]
    if query.end is not None:
        conditions.append(f"name < {values.bind(query.end, 'text')}")
    areas = [[]] if query.areas is None else [[area] for area in scans_of(query.areas, values) or ["FALSE"]]
    scans = [
        f"(SELECT {columns} FROM files WHERE {' AND '.join([*conditions, *area])} ORDER BY name LIMIT {limit})"
        for area in areas
    ]
    if len(scans) == 1:
        return scans[0]
    return f"SELECT DISTINCT ON (name) * FROM ({' UNION ALL '.join(scans)}) AS each ORDER BY name LIMIT {limit}"
