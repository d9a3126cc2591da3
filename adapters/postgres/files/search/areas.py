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
    conditions = [_condition(part, values, bucket, name) for area in areas for part in _parts(area)]
    return f"({' OR '.join(conditions)})" if conditions else "FALSE"


def scans_of(areas: Iterable[Scope], values: Values) -> list[str]:
    """Return conditions on `files`, each fit for one scan of an index, that the files in the areas pass together.

    Some are repeated: the number of each form is a power of two, so that callers of many different scopes have a few
    different statements, and connections can keep them prepared.
    """
    forms: dict[tuple[bool, bool, bool], list[Scope]] = {}
    for area in areas:
        for part in _parts(area):
            form = part.bucket.endswith("*"), part.prefix is None, (part.prefix or "").endswith("/")
            forms.setdefault(form, []).append(part)
    return [
        _condition(part, values, "bucket", "name")
        for _, parts in sorted(forms.items())
        for part in parts + [parts[-1]] * ((1 << (len(parts) - 1).bit_length()) - len(parts))
    ]


def is_shown(visibility: Visibility, values: Values, *, bucket: str = "bucket", name: str = "name") -> str:
    """Return a condition for the rows that are shown, as `Visibility.shows` does."""
    if visibility.is_unlimited:
        return "TRUE"
    is_own = f"owner = {values.bind(visibility.owner, 'text')}"
    own = lies_in(visibility.own, values, bucket=bucket, name=name)
    if visibility.own:
        own = f"({bucket} IS NULL OR {own})"
    return f"({lies_in(visibility.administered, values, bucket=bucket, name=name)} OR ({is_own} AND {own}))"


def _parts(area: Scope) -> list[Scope]:
    """Return the area as areas with prefixes that end in a slash, and areas of one name, whose prefixes do not."""
    if area.prefix is None or area.prefix.endswith("/"):
        return [area]
    return [area, Scope(actions=area.actions, bucket=area.bucket, prefix=area.folder)]


def _condition(part: Scope, values: Values, bucket: str, name: str) -> str:
    if part.bucket.endswith("*"):
        conditions = begins(bucket, part.bucket[:-1], values)
    else:
        conditions = [f"{bucket} = {values.bind(part.bucket, 'text')}"]
    if part.prefix is not None:
        is_folder = part.prefix.endswith("/")
        conditions += (
            begins(name, part.prefix, values) if is_folder else [f"{name} = {values.bind(part.prefix, 'text')}"]
        )
    return f"({' AND '.join(conditions)})"
