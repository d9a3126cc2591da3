"""Listings by name as SQL. Where names have a beginning in common, one look at the index passes all of them."""

from typing import Any

from adapters.postgres.files.records import COLUMNS, UNEXPIRED
from adapters.postgres.files.search.areas import scans_of
from adapters.postgres.files.search.values import Values
from domain.files.search.by_name import BEHIND, NameQuery, successor

# Behind all names that begin alike: none is longer than so many of the last code point.
_ALL_LAST = "repeat(U&'\\+10FFFF', 256)"


def name_statement(query: NameQuery) -> tuple[str, list[Any]]:
    """Return the SQL of a page, and the values bound to it.

    Its rows are in order, and have the columns of a file, and `entry`: the beginning that some names have in common,
    null for a file that is an entry by itself.
    """
    values = Values()
    if not query.delimiter:
        scan = _scan(query, values, values.bind(query.first, "text"))
        return f"SELECT {COLUMNS}, NULL AS entry FROM ({scan}) AS found ORDER BY name", values.bound
    head, delimiter = values.bind(len(query.prefix), "int"), values.bind(query.delimiter, "text")
    # Of a name with the delimiter: what is before it, and the first text behind all with the same beginning.
    before = f"left(name, {head} + strpos(substr(name, {head} + 1), {delimiter}) - 1)"
    jump = successor(query.delimiter)
    passed = f"{before} || {delimiter} || {_ALL_LAST}" if jump is None else f"{before} || {values.bind(jump, 'text')}"
    step = f"""
    SELECT id,
        CASE WHEN joined THEN {before} || {delimiter} END AS entry,
        CASE WHEN joined THEN {passed} ELSE name || {values.bind(BEHIND, "text")} END AS next
    FROM ({{scan}}) AS found
    CROSS JOIN LATERAL (SELECT strpos(substr(name, {head} + 1), {delimiter}) > 0 AS joined) AS looked
    """
    first = step.format(scan=_scan(query, values, values.bind(query.first, "text"), limit=1))
    others = step.format(scan=_scan(query, values, "walk.next", limit=1))
    sql = f"""
    WITH RECURSIVE walk AS (
        SELECT 1 AS number, first.* FROM ({first}) AS first
        UNION ALL
        SELECT walk.number + 1, step.* FROM walk CROSS JOIN LATERAL ({others}) AS step
        WHERE walk.number < {values.bind(query.limit, "bigint")}
    )
    SELECT {COLUMNS}, entry FROM walk JOIN files USING (id) ORDER BY number
    """
    return sql, values.bound


def _scan(query: NameQuery, values: Values, first: str, *, limit: int | None = None) -> str:
    """Return the SQL of the files of the listing from the name `first`, which is SQL, in order.

    One scan of an index for each area, which ends with the page, however many files of others lie between.
    """
    most = values.bind(query.limit, "bigint") if limit is None else str(limit)
    conditions = [f"bucket = {values.bind(query.bucket, 'text')}", UNEXPIRED, f"name >= {first}"]
    if query.end is not None:
        conditions.append(f"name < {values.bind(query.end, 'text')}")
    areas = [[]] if query.areas is None else [[area] for area in scans_of(query.areas, values) or ["FALSE"]]
    scans = [
        f"(SELECT * FROM files WHERE {' AND '.join([*conditions, *area])} ORDER BY name LIMIT {most})" for area in areas
    ]
    if len(scans) == 1:
        return scans[0]
    return f"SELECT DISTINCT ON (name) * FROM ({' UNION ALL '.join(scans)}) AS each ORDER BY name LIMIT {most}"
