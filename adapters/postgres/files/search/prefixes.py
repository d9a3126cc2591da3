"""Prefixes as SQL: half-open ranges, which an index serves as LIKE is not in every case."""

from adapters.postgres.files.search.values import Values
from domain.files.search.by_name import successor


def begins(column: str, prefix: str, values: Values) -> list[str]:
    """Return conditions for the texts that begin with `prefix`, by code point."""
    return between(column, prefix, successor(prefix), values)


def between(column: str, first: str, end: str | None, values: Values) -> list[str]:
    """Return conditions for the texts from `first` to before `end`, None for no end."""
    conditions = [f"{column} >= {values.bind(first, 'text')}"]
    if end:
        conditions.append(f"{column} < {values.bind(end, 'text')}")
    return conditions
