"""Filters on names as SQL. They find names in either normal form, and go by indexes where they can."""

import re
from collections.abc import Iterable

from adapters.postgres.files.search.prefixes import begins, between
from adapters.postgres.files.search.values import Values
from domain.files.name_forms import Beginning, beginnings, forms_of
from domain.files.search.by_name import successor
from domain.files.search.where import has_placeholder
from domain.values.folding import compose, fold

# The beginning of a pattern that stands for itself, and that names have as it is in any form: `K`, `;` and the grave
# accent are the normal forms of other characters too, and the last character may join a mark.
_HEAD = re.compile(r"[^\\%_K;`\u0080-\U0010ffff]*")


def compare_name(operator: str, value: str | tuple[str, ...], values: Values) -> str | None:
    """Return the condition of a filter on names, None for an operator that compares names as any text."""
    match operator, value:
        case "eq", str():
            return is_named([value], values)
        case "in", tuple():
            return is_named(value, values)
        case "like", str():
            return _is_like(value, values)
        case "ilike", str():
            return _is_like_folded(value, values)
    return None


def is_named(names: Iterable[str], values: Values) -> str:
    """Return a condition for the files that have one of these names."""
    forms = [form for name in names for form in forms_of(name)]
    if len(forms) == 1:
        return f"name = {values.bind(forms[0], 'text')}"
    return f"name = ANY({values.bind(forms, 'text[]')})"


def name_begins(prefix: str, values: Values) -> list[str]:
    """Return conditions for the names that begin with `prefix` in any form."""
    forms = beginnings(prefix)
    if len(forms) == 1:
        return _begins(forms[0], values)
    # The range around all of them is for an index in the order of names.
    around = between("name", forms[0].text, successor(forms[-1].text), values)
    each = (" AND ".join(_begins(form, values)) for form in forms)
    return [*around, f"({' OR '.join(f'({condition})' for condition in each)})"]


def folded_name(name: str) -> str | None:
    """Return what `folded_name` keeps of a name: nothing for ASCII, whose folded form is its lower case."""
    return None if name.isascii() else fold(name)


def _begins(form: Beginning, values: Values) -> list[str]:
    conditions = begins("name", form.text, values)
    if form.joining:
        conditions.append(f"substr(name, {len(form.text) + 1}, 1) <> ALL({values.bind(form.joining, 'text[]')})")
    return conditions


def _is_like(pattern: str, values: Values) -> str:
    composed = values.bind(compose(pattern), "text")
    # Most names are composed already, those of ASCII always. To see that takes a third as long as composing them.
    is_composed = "octet_length(name) = char_length(name) OR name IS NFC NORMALIZED"
    conditions = [f"CASE WHEN {is_composed} THEN name LIKE {composed} ELSE normalize(name, NFC) LIKE {composed} END"]
    if (head := _HEAD.match(pattern)) and (certain := head[0][:-1]):
        conditions += begins("name", certain, values)
    return " AND ".join(conditions)


def _is_like_folded(pattern: str, values: Values) -> str:
    # Of a name that a former release has stored or changed since, nothing is folded until the reaper comes.
    folded = values.bind(fold(pattern), "text")
    matches = f"folded_name LIKE {folded}"
    if has_placeholder(pattern):
        # One character of the name may be two when it is folded: `stra_e` is like `Straße`, too.
        matches += f' OR normalize(name, NFC) COLLATE "default" ILIKE {values.bind(compose(pattern), "text")}'
    return f"CASE WHEN folded_from = name THEN {matches} ELSE lower(name) LIKE {folded} END"
