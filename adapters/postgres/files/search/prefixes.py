"""Prefixes as SQL: half-open ranges, which an index serves as LIKE is not in every case."""

from adapters.postgres.files.search.values import Values

# Surrogates are not characters: the code point before them is followed by the one behind them.
_BEFORE_SURROGATES, _BEHIND_SURROGATES, _LAST = "\ud7ff", "\ue000", "\U0010ffff"


def begins(column: str, prefix: str, values: Values) -> list[str]:
    """Return conditions for the texts that begin with `prefix`, by code point."""
    return between(column, prefix, successor(prefix), values)


def between(column: str, first: str, end: str | None, values: Values) -> list[str]:
    """Return conditions for the texts from `first` to before `end`, None for no end."""
    conditions = [f"{column} >= {values.bind(first, 'text')}"]
    if end:
        conditions.append(f"{column} < {values.bind(end, 'text')}")
    return conditions


def successor(prefix: str) -> str | None:
    """Return the first text, by code point, behind all that begin with `prefix`; None where there is none."""
    stem = prefix.rstrip(_LAST)
    if not stem:
        return None
    last = stem[-1]
    return stem[:-1] + (_BEHIND_SURROGATES if last == _BEFORE_SURROGATES else chr(ord(last) + 1))
