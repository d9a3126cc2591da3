"""Listings: filters, order and pages of files as SQL."""

from typing import Any

from msgspec.structs import replace

from adapters.postgres.database.transactions import Database
from adapters.postgres.files.records import COLUMNS, UNEXPIRED, to_file, to_files
from adapters.postgres.files.search.areas import lies_in, scans_of
from adapters.postgres.files.search.by_name import name_statement
from adapters.postgres.files.search.names import is_named, name_begins
from adapters.postgres.files.search.order import after, order_by, parts
from adapters.postgres.files.search.prefixes import begins
from adapters.postgres.files.search.values import Values
from adapters.postgres.files.search.where import clamp, compile_where
from domain.files.model import File
from domain.files.search.by_name import NameEntry, NameQuery
from domain.files.search.fields import Column
from domain.files.search.model import DEFAULT_LIMIT, MAX_LIMIT, NEWEST_FIRST, FileQuery, Position, SortKey

# Where nothing else is asked, the usage knows; it counts expired files as long as they are there.
_COUNT_ALL = f"""
SELECT (SELECT coalesce(sum(files), 0) FROM bucket_usage)::bigint
    - (SELECT count(*) FROM files WHERE NOT {UNEXPIRED})
"""
_COUNT_IN_BUCKET = f"""
SELECT (SELECT coalesce(sum(files), 0) FROM bucket_usage WHERE bucket = $1)::bigint
    - (SELECT count(*) FROM files WHERE bucket = $1 AND NOT {UNEXPIRED})
"""

# With one file more, which tells whether there is another page.
_USUAL_LIMITS = {limit + 1 for limit in (20, DEFAULT_LIMIT, 100, MAX_LIMIT)}
# Indexes have these orders of all files, and of each bucket's.
_PLAIN_SORTS = {
    (SortKey(Column(name), descending=descending),) for name in ("created_at", "name") for descending in (False, True)
}


_BUCKET = Column("bucket")


class PostgresFileSearch:
    """Keep the port `FileSearch`. Each call is one statement, or two where the first one takes long."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_files(self, query: FileQuery) -> list[File]:
        query = _without_fixed_key(query)
        sql, values = list_statement(query)
        rows = await self._database.search(sql, values, otherwise=sorting_statement(query))
        return to_files(rows)

    async def list_names(self, query: NameQuery) -> list[NameEntry]:
        rows = await self._database.search(*name_statement(query))
        return [
            NameEntry(row["name"], to_file(row)) if row["entry"] is None else NameEntry(row["entry"]) for row in rows
        ]

    async def count_files(self, query: FileQuery) -> int:
        count: int = (await self._database.search(*count_statement(query)))[0][0]
        return count


def list_statement(query: FileQuery, columns: str = COLUMNS) -> tuple[str, list[Any]]:
    """Return the SQL of a page, and the values bound to it."""
    values = Values()
    conditions = _filters(query, values)
    if not _is_plain(query):
        conditions.append(values.planned_anew())
    limit, offset = _page(query, values)
    pieces = parts(query.after, query.sort, values)
    if query.areas is None and len(pieces) == 1:
        [piece] = pieces
        source, order = f"files WHERE {' AND '.join([*conditions, *piece.conditions])}", piece.order
    else:
        areas = [[]] if query.areas is None else [[area] for area in scans_of(query.areas, values) or ["FALSE"]]
        most = values.bind(clamp(query.limit + query.offset), "bigint")
        # Each scan ends with the page, however many files of others lie between those that are found.
        scans = (
            f"(SELECT * FROM files WHERE {' AND '.join([*area, *piece.conditions, *conditions])} "
            f"ORDER BY {piece.order} LIMIT {most})"
            for area in areas
            for piece in pieces
        )
        found = " UNION ALL ".join(scans)
        if query.areas is not None:
            found = f"SELECT DISTINCT ON (id) * FROM ({found}) AS found ORDER BY id"
        source, order = f"({found}) AS files", order_by(query.sort, values)
    return f"SELECT {columns} FROM {source} ORDER BY {order} LIMIT {limit} OFFSET {offset}", values.bound


def _page(query: FileQuery, values: Values) -> tuple[str, str]:
    """Return the numbers of LIMIT and OFFSET.

    They are bound. Without a filter there is only one plan, along the order's index, and where Postgres sees the usual
    numbers it makes that plan once, which is half of the work.
    """
    if _is_plain(query):
        return str(query.limit), "0"
    return values.bind(query.limit, "bigint"), values.bind(clamp(query.offset), "bigint")


def _is_plain(query: FileQuery) -> bool:
    plain = FileQuery(bucket=query.bucket, sort=query.sort, limit=query.limit, after=query.after)
    return query == plain and query.limit in _USUAL_LIMITS and query.sort in _PLAIN_SORTS


def sorting_statement(query: FileQuery, columns: str = COLUMNS) -> tuple[str, list[Any]]:
    """Return the same page as a statement that finds all matches first, and sorts them.

    The planner takes matches to be spread evenly: it follows the order's index, where a page of them is soon found.
    But files that were stored together lie together, maybe at the other end of the index. OFFSET has the
    planner find them on their own.
    """
    values = Values()
    conditions = [*_filters(query, values), values.planned_anew()]
    if query.areas is not None:
        conditions.append(lies_in(query.areas, values))
    if query.after is not None:
        conditions.append(after(query.after, query.sort, values))
    order = order_by(query.sort, values)
    limit, offset = values.bind(query.limit, "bigint"), values.bind(clamp(query.offset), "bigint")
    found = f"SELECT {COLUMNS} FROM files WHERE {' AND '.join(conditions)} OFFSET 0"
    return f"SELECT {columns} FROM ({found}) AS files ORDER BY {order} LIMIT {limit} OFFSET {offset}", values.bound


def _without_fixed_key(query: FileQuery) -> FileQuery:
    """Return the same page, whose order does not name the bucket where there is but one: no index has it twice."""
    if query.bucket is None or not any(key.field == _BUCKET for key in query.sort):
        return query
    places = (None,) * len(query.sort) if query.after is None else query.after.values
    kept = [(key, place) for key, place in zip(query.sort, places, strict=True) if key.field != _BUCKET]
    if (last := query.sort[-1]).field == _BUCKET:
        # It says how ties are broken.
        kept.append((SortKey(Column("id"), last.descending), None if query.after is None else str(query.after.id)))
    sort, values = zip(*kept, strict=True)
    return replace(query, sort=sort, after=None if query.after is None else Position(values, query.after.id))


def count_statement(query: FileQuery) -> tuple[str, list[Any]]:
    """Return the SQL of the number of all files that pass the filters, and the values bound to it."""
    unpaged = replace(query, sort=NEWEST_FIRST, limit=DEFAULT_LIMIT, offset=0, after=None)
    if unpaged == FileQuery():
        return _COUNT_ALL, []
    if unpaged == FileQuery(bucket=query.bucket):
        return _COUNT_IN_BUCKET, [query.bucket]
    values = Values()
    conditions = _filters(query, values)
    conditions.append(values.planned_anew())
    if query.areas is not None:
        conditions.append(lies_in(query.areas, values))
    return f"SELECT count(*) FROM files WHERE {' AND '.join(conditions)}", values.bound


def _filters(query: FileQuery, values: Values) -> list[str]:
    conditions = [UNEXPIRED, *_names(query, values)]
    if query.words:
        conditions.append(f"name_words @@ {values.bind(_all_begin(query.words), 'text')}::tsquery")
    if query.content_type is not None:
        conditions += _has_type(query.content_type, values)
    if query.metadata:
        conditions.append(f"metadata @> {values.bind(query.metadata, 'jsonb')}")
    if query.where is not None:
        conditions.append(f"({compile_where(query.where, values)})")
    if query.tags:
        conditions.append(f"tags @> {values.bind(query.tags, 'text[]')}")
    bounds = (
        ("bucket =", query.bucket, "text"),
        ("size >=", query.min_size, "bigint"),
        ("size <=", query.max_size, "bigint"),
        ("created_at >=", query.created_after, "timestamptz"),
        ("created_at <", query.created_before, "timestamptz"),
        ("updated_at >=", query.updated_after, "timestamptz"),
        ("updated_at <", query.updated_before, "timestamptz"),
    )
    for compared, bound, type_ in bounds:
        if bound is not None:
            value = clamp(bound) if isinstance(bound, int) else bound
            conditions.append(f"{compared} {values.bind(value, type_)}")
    return conditions


def _names(query: FileQuery, values: Values) -> list[str]:
    conditions = []
    if query.prefix is not None:
        conditions += name_begins(query.prefix, values)
    if query.name is not None:
        conditions.append(is_named([query.name], values))
    return conditions


def _has_type(pattern: str, values: Values) -> list[str]:
    if pattern == "*/*":
        return []
    if pattern.endswith("/*"):
        return begins("content_type", pattern[:-1], values)
    # A range around both would be for the planner a third condition, and fewer files.
    exact = f"content_type = {values.bind(pattern, 'text')}"
    with_parameters = " AND ".join(begins("content_type", f"{pattern};", values))
    return [f"({exact} OR {with_parameters})"]


def _all_begin(words: tuple[str, ...]) -> str:
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in words)
    return " & ".join(f"'{word}':*" for word in quoted)
