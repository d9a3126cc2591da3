"""Areas of access as SQL: which rows lie in the scopes of a caller.

Ranges of names, never LIKE: they take `_` and `%` literally, and an index serves them.
"""

from collections.abc import Iterable

from adapters.postgres.files.search.prefixes import begins
from adapters.postgres.files.search.values import Values
from domain.access.scopes import Scope
from domain.access.visibility import Visibility


def lies_in(areas: Iterable[Scope], values: Values, *, bucket: str = "bucket", name: str = "name") -> str:
    """Return a condition for the rows whose bucket and name lie in one of the areas. Both are SQL."""
    return _any_of([_lies_in_one(each, values, bucket, name) for each in areas])


def is_shown(visibility: Visibility, values: Values, *, bucket: str = "bucket", name: str = "name") -> str:
    """Return a condition for the rows that are shown, as `Visibility.shows` does."""
    if visibility.is_unlimited:
        return "TRUE"
    is_own = f"owner = {values.bind(visibility.owner, 'text')}"
    own = lies_in(visibility.own, values, bucket=bucket, name=name)
    if visibility.own:
        own = f"({bucket} IS NULL OR {own})"
    return f"({lies_in(visibility.administered, values, bucket=bucket, name=name)} OR ({is_own} AND {own}))"


def _lies_in_one(area: Scope, values: Values, bucket: str, name: str) -> str:
    if area.bucket.endswith("*"):
        stem = area.bucket[:-1]
        conditions = begins(bucket, stem, values) if stem else []
    else:
        conditions = [f"{bucket} = {values.bind(area.bucket, 'text')}"]
    if area.prefix is not None:
        below = f"({' AND '.join(begins(name, area.folder, values))})"
        is_folder = area.prefix.endswith("/")
        conditions.append(below if is_folder else f"({below} OR {name} = {values.bind(area.prefix, 'text')})")
    return f"({' AND '.join(conditions)})" if conditions else "TRUE"


def _any_of(conditions: list[str]) -> str:
    return f"({' OR '.join(conditions)})" if conditions else "FALSE"
