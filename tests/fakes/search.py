"""Listings as the fake catalog does them: every filter and sort, over plain lists."""

import functools
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never

from domain.access.scopes import Permissions
from domain.files.model import File
from domain.files.name_forms import after_prefix, forms_of
from domain.files.names import search_words
from domain.files.search.by_name import NameEntry, NameQuery
from domain.files.search.fields import Column, Field, metadata_at, sorted_value
from domain.files.search.model import FileQuery, SortKey
from domain.files.search.where import AllOf, AnyOf, Comparison, Condition, Not, has_placeholder
from domain.values.folding import compose, fold
from domain.values.media_types import matches_type
from tests.fakes.database import FakeDatabase


class FakeFileSearch:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    async def list_files(self, query: FileQuery) -> list[File]:
        self._database.reach()
        return page(self._database.unexpired_files(), query)

    async def list_names(self, query: NameQuery) -> list[NameEntry]:
        self._database.reach()
        return entries(self._database.unexpired_files(), query)

    async def count_files(self, query: FileQuery) -> int:
        self._database.reach()
        return sum(_passes(file, query) for file in self._database.unexpired_files())


def page(files: Iterable[File], query: FileQuery) -> list[File]:
    """Return the page of `files` that `query` describes."""

    def compare(a: File, b: File) -> int:
        return _compare(_place(a, query.sort), _place(b, query.sort), query.sort)

    found = sorted((file for file in files if _passes(file, query)), key=functools.cmp_to_key(compare))
    if query.after is not None:
        position = (query.after.values, str(query.after.id))
        found = [file for file in found if _compare(_place(file, query.sort), position, query.sort) > 0]
    return found[query.offset : query.offset + query.limit]


def entries(files: Iterable[File], query: NameQuery) -> list[NameEntry]:
    """Return the entries of `files` that `query` describes."""
    found: dict[str, NameEntry] = {}
    for file in sorted(files, key=lambda each: each.name):
        is_listed = query.areas is None or Permissions(query.areas).allow("list", file.bucket, file.name)
        if file.bucket == query.bucket and is_listed and file.name.startswith(query.prefix):
            joined = query.common_prefix(file.name)
            found.setdefault(joined or file.name, NameEntry(joined) if joined else NameEntry(file.name, file))
    return [found[name] for name in sorted(found) if name > query.after][: query.limit]


def _passes(file: File, query: FileQuery) -> bool:
    """Tell whether a file passes every filter of `query`."""
    words = search_words(file.name)
    return all(
        (
            query.bucket is None or file.bucket == query.bucket,
            query.areas is None or Permissions(query.areas).allow("list", file.bucket, file.name),
            query.prefix is None or after_prefix(file.name, query.prefix) is not None,
            query.name is None or file.name in forms_of(query.name),
            all(any(word.startswith(start) for word in words) for start in query.words),
            query.content_type is None or matches_type(file.content_type, query.content_type),
            set(query.tags) <= set(file.tags),
            query.metadata is None or _contains(file.metadata, query.metadata),
            query.where is None or _holds(query.where, file),
            query.min_size is None or file.size >= query.min_size,
            query.max_size is None or file.size <= query.max_size,
            _within(file.created_at, query.created_after, query.created_before),
            _within(file.updated_at, query.updated_after, query.updated_before),
        )
    )


def _within(time: datetime, after: datetime | None, before: datetime | None) -> bool:
    return (after is None or time >= after) and (before is None or time < before)


def _contains(value: Any, part: Any) -> bool:
    """JSON containment as PostgreSQL's `@>` defines it, below the top level."""
    match value, part:
        case dict(), dict():
            return all(key in value and _contains(value[key], part[key]) for key in part)
        case list(), list():
            return all(any(_contains(member, each) for member in value) for each in part)
        case _:
            return _equal(value, part)


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    return bool(a == b)


# Where


def _holds(condition: Condition, file: File) -> bool:
    match condition:
        case AllOf(conditions):
            return all(_holds(each, file) for each in conditions)
        case AnyOf(conditions):
            return any(_holds(each, file) for each in conditions)
        case Not(inner):
            return not _holds(inner, file)
        case Comparison():
            return _compares(condition, file)
        case _:
            assert_never(condition)


def _compares(comparison: Comparison, file: File) -> bool:
    exists, value = _value(file, comparison.field)
    wanted = comparison.value
    if comparison.field == Column("name") and comparison.operator in {"eq", "ne", "in", "ilike"}:
        return _compares_name(comparison.operator, wanted, file.name)
    match comparison.operator:
        case "exists":
            return bool(exists == wanted)
        case "ne":
            return not (exists and _equal(value, wanted))
        case "eq" | "in":
            return exists and any(_equal(value, each) for each in (wanted if comparison.operator == "in" else [wanted]))
        case "like" | "ilike":
            flags = re.IGNORECASE if comparison.operator == "ilike" else 0
            return isinstance(value, str) and _like(compose(wanted), flags).fullmatch(compose(value)) is not None
        case operator:
            return exists and _rank(value) == _rank(wanted) and _in_order(operator, value, wanted)


def _compares_name(operator: str, wanted: Any, name: str) -> bool:
    match operator:
        case "ilike":
            is_like = has_placeholder(wanted) and _like(compose(wanted), re.IGNORECASE).fullmatch(compose(name))
            return bool(is_like) or _like(fold(wanted), 0).fullmatch(fold(name)) is not None
        case "ne":
            return name not in forms_of(wanted)
        case _:
            return any(name in forms_of(each) for each in (wanted if operator == "in" else [wanted]))


def _in_order(operator: str, value: Any, wanted: Any) -> bool:
    orders = {
        "lt": value < wanted,
        "lte": value <= wanted,
        "gt": value > wanted,
        "gte": value >= wanted,
    }
    return bool(orders[operator])


def _value(file: File, field: Field) -> tuple[bool, Any]:
    if isinstance(field, Column):
        value = getattr(file, field.name)
        return value is not None, value
    parent = metadata_at(file, type(field)(field.keys[:-1])) if len(field.keys) > 1 else file.metadata
    return isinstance(parent, dict) and field.keys[-1] in parent, metadata_at(file, field)


def _like(pattern: str, flags: int) -> re.Pattern[str]:
    parts = re.findall(r"\\(.)|(%)|(_)|([^\\%_]+)", pattern, re.DOTALL)
    regex = "".join(
        re.escape(escaped or text) if escaped or text else (".*" if many else ".") for escaped, many, _, text in parts
    )
    return re.compile(regex, flags | re.DOTALL)


# Order: strings before numbers before booleans, as PostgreSQL orders JSON; missing values last, either way.


def _rank(value: Any) -> int:
    if isinstance(value, bool):
        return 2
    if isinstance(value, int | float):
        return 1
    return 0 if isinstance(value, str) else 3


def _place(file: File, sort: tuple[SortKey, ...]) -> tuple[tuple[Any, ...], str]:
    return tuple(sorted_value(file, key.field) for key in sort), str(file.id)


def _compare(a: tuple[tuple[Any, ...], str], b: tuple[tuple[Any, ...], str], sort: tuple[SortKey, ...]) -> int:
    for key, x, y in zip(sort, a[0], b[0], strict=True):
        if (x is None) != (y is None):
            return 1 if x is None else -1
        if x is not None and (order := _order((_rank(x), x), (_rank(y), y))):
            return -order if key.descending else order
    order = _order(a[1], b[1])
    return -order if sort[-1].descending else order


def _order(x: Any, y: Any) -> int:
    return int(x > y) - int(x < y)
