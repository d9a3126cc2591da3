"""The SQL of the audit's listing.

Its text depends on which filters there are, not on their values or their number: there are few texts, and each is
served by an index whatever plan the database keeps for it.
"""

from collections.abc import Sequence

from adapters.postgres.files.search.values import Values
from domain.access.scopes import Scope
from domain.audit.model import AuditQuery
from domain.files.search.by_name import successor

COLUMNS = "id, at, action, outcome, caller, address, request_id, bucket, file_id, name, subject, count"

# Comes after the names of all buckets.
_LAST_BUCKET = "~"
_NEWEST = "ORDER BY at DESC, id DESC"

# The buckets of an area that the audit knows are found one by one in the index, however many entries each has. In each,
# the newest entries are read in order. What is on no name is on the bucket itself. The planner takes a CASE to be true
# for half of the entries; the same with OR it takes to be true for so few that it reads the whole bucket.
_IN_AREAS = f"""
WITH RECURSIVE areas AS MATERIALIZED (
    SELECT * FROM unnest({{areas}}) WITH ORDINALITY AS area (low, high, name, names_low, names_high, ordinality)
), buckets (area, high, bucket) AS (
    SELECT ordinality, high, (SELECT min(bucket) FROM audit WHERE bucket >= low AND bucket < high) FROM areas
    UNION ALL
    SELECT area, high, (SELECT min(bucket) FROM audit WHERE bucket > buckets.bucket AND bucket < high)
    FROM buckets WHERE bucket IS NOT NULL
)
SELECT DISTINCT ON (at, id) entries.*
FROM buckets JOIN areas ON ordinality = area
CROSS JOIN LATERAL (
    SELECT {COLUMNS} FROM audit
    WHERE bucket = buckets.bucket AND CASE
        WHEN names_low IS NULL OR name = areas.name THEN true
        ELSE name >= names_low AND name < names_high
    END {{filters}}
    {_NEWEST} LIMIT {{limit}}
) AS entries
WHERE buckets.bucket IS NOT NULL
{_NEWEST} LIMIT {{limit}}
"""


def list_statement(query: AuditQuery) -> tuple[str, list[object]]:
    """Return the SQL of a page, and the values bound to it."""
    values = Values()
    filters = _filters(query, values)
    limit = values.bind(query.limit, "bigint")
    if query.areas is None:
        where = " AND ".join(filters) or "true"
        return f"SELECT {COLUMNS} FROM audit WHERE {where} {_NEWEST} LIMIT {limit}", values.bound
    areas = query.areas if query.bucket is None else [each for each in query.areas if each.has_bucket(query.bucket)]
    columns = zip(*(_bounds(each) for each in areas), strict=True) if areas else [()] * 5
    arrays = ", ".join(values.bind(list(column), "text[]") for column in columns)
    return _IN_AREAS.format(
        areas=arrays, filters="".join(f"AND {each} " for each in filters), limit=limit
    ), values.bound


def _filters(query: AuditQuery, values: Values) -> Sequence[str]:
    filters = [
        f"{column} = {values.bind(value, kind)}"
        for column, value, kind in (
            ("caller", query.caller, "text"),
            ("action", query.action, "text"),
            ("bucket", query.bucket, "text"),
            ("file_id", query.file_id, "uuid"),
        )
        if value is not None
    ]
    if query.since is not None:
        filters.append(f"at >= {values.bind(query.since, 'timestamptz')}")
    if query.until is not None:
        filters.append(f"at < {values.bind(query.until, 'timestamptz')}")
    if query.after is not None:
        at, id_ = values.bind(query.after.at, "timestamptz"), values.bind(query.after.id, "uuid")
        # The second condition leaves out partitions, which the first does not.
        filters.append(f"(at, id) < ({at}, {id_}) AND at <= {at}")
    return filters


def _bounds(area: Scope) -> tuple[str | None, ...]:
    if area.bucket.endswith("*"):
        low = area.bucket[:-1]
        high = successor(low) or _LAST_BUCKET
    else:
        low, high = area.bucket, area.bucket + "\x01"
    if area.prefix is None:
        return low, high, None, None, None
    return low, high, area.prefix, area.folder, successor(area.folder)
