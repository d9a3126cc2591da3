"""Listings: filtered, sorted, counted, and walked through to their end."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from domain.buckets.model import check_bucket_name
from domain.files.metadata import check_metadata
from domain.values.folding import compose
from domain.values.media_types import matches_type
from tests.harness.stateful.driving import Driving, record, same
from tests.harness.stateful.records import ModelFile
from tests.harness.stateful.refusals import Refused, checked
from tests.harness.stateful.values import buckets, metadata, names, prefixes, tags
from tests.harness.stateful.values import json as json_values

Filters = dict[str, Any]


def _fits_in_a_url(value: Any) -> bool:
    return len(json.dumps(value)) < 4000


_filters: st.SearchStrategy[Filters] = st.fixed_dictionaries(
    {},
    optional={
        "bucket": buckets,
        "name": names,
        "prefix": prefixes,
        "content_type": st.sampled_from(["text/*", "text/plain", "image/png", "*/*"]),
        "tag": tags.filter(bool),
        "metadata": (metadata | st.builds(lambda value: {"k": value}, json_values)).filter(_fits_in_a_url),
        "min_size": st.sampled_from([0, 1, 10, 50_000]),
        "max_size": st.sampled_from([0, 1, 10, 50_000]),
    },
)
_FIELDS = [
    "id",
    "bucket",
    "name",
    "content_type",
    "size",
    "revision",
    "sha256",
    "created_at",
    "updated_at",
    "expires_at",
]
_sorts = st.none() | st.lists(
    st.tuples(st.sampled_from(["", "-"]), st.sampled_from([*_FIELDS, "metadata.k", "metadata.k", "metadata.a.k"])),
    min_size=1,
    max_size=3,
)


class ListingRules(Driving):
    @rule(filters=st.just({}) | _filters, sort=_sorts, limit=st.integers(1, 4), has_total=st.booleans())
    def list_files(self, filters: Filters, sort: list[tuple[str, str]] | None, limit: int, has_total: bool) -> None:
        params = {name: _parameter(name, value) for name, value in filters.items()}
        params |= {"limit": str(limit), "total": str(has_total).lower()}
        if sort is not None:
            params["sort"] = ",".join(sign + field for sign, field in sort)
        answer = self.send("GET", "/v1/files", params=params)
        expected = self.predict(answer, lambda: self.expected(filters, sort))
        walked: list[str] = []
        while expected is not None:
            page = answer.json()
            walked += (each["id"] for each in page["items"])
            assert (page["limit"], page["offset"]) == (limit, 0)
            assert page["total"] == (len(expected) if has_total else None)
            assert len(page["items"]) == limit or page["next"] is None
            if page["next"] is None:
                break
            answer = self.send("GET", "/v1/files", params={**params, "cursor": page["next"]})
            assert answer.status_code == 200, answer.text
        if expected is not None:
            assert walked == [str(file.id) for file in expected]

    def expected(self, filters: Filters, sort: list[tuple[str, str]] | None) -> list[ModelFile]:
        """Return the files of a listing, in its order."""
        refuse_nul(filters)
        if "metadata" in filters:
            checked(check_metadata, filters["metadata"])
        found = in_order([file for file in self.model.live() if _passes(file, filters)], sort or [("-", "created_at")])
        if "bucket" in filters:
            checked(check_bucket_name, filters["bucket"])
            if filters["bucket"] not in self.model.buckets:
                raise Refused(404, "bucket_not_found")
        return found


def refuse_nul(filters: Filters) -> None:
    texts = [filters.get("name", ""), filters.get("prefix", ""), *filters.get("tag", [])]
    if any("\0" in each for each in texts):
        raise Refused(400, "invalid_filter")


def in_order(files: list[ModelFile], sort: list[tuple[str, str]]) -> list[ModelFile]:
    """Sort by the last key first, stably; files without a value come last either way."""
    ordered = sorted(files, key=lambda file: str(file.id), reverse=sort[-1][0] == "-")
    for sign, field in reversed(sort):
        value = _value_of(field)
        some = [file for file in ordered if value(file) is not None]
        ordered = sorted(some, key=value, reverse=sign == "-") + [file for file in ordered if value(file) is None]
    return ordered


def _passes(file: ModelFile, filters: Filters) -> bool:
    passes: dict[str, Callable[[Any], bool]] = {
        "bucket": lambda bucket: file.bucket == bucket,
        "name": lambda name: compose(file.name) == compose(name),
        "prefix": lambda prefix: compose(file.name).startswith(compose(prefix)),
        "content_type": lambda pattern: matches_type(file.content_type, pattern),
        "tag": lambda tags: set(tags) <= set(file.tags),
        "metadata": lambda part: _contains(file.metadata, part),
        "min_size": lambda size: file.size >= size,
        "max_size": lambda size: file.size <= size,
    }
    return all(passes[name](value) for name, value in filters.items())


def _contains(value: Any, part: Any) -> bool:
    match value, part:
        case dict(), dict():
            return all(key in value and _contains(value[key], part[key]) for key in part)
        case list(), list():
            return all(any(_contains(member, each) for member in value) for each in part)
        case _:
            return same(value, part)


def _value_of(field: str) -> Callable[[ModelFile], Any]:
    """Return the function of a file's value in an order, which is None for files without one."""
    if field.startswith("metadata."):
        return lambda file: _rank(_member(file.metadata, field.split(".")[1:]))
    if field == "sha256":
        return lambda file: record(file)["sha256"]
    if field == "id":
        return lambda file: str(file.id)
    return lambda file: getattr(file, field)


def _member(value: Any, keys: list[str]) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _rank(value: Any) -> Any:
    match value:
        case str():
            return 0, value[:200]
        case bool():
            return 2, value
        case int() | float():
            return 1, Decimal(repr(value))
        case _:
            return None


def _parameter(name: str, value: Any) -> str | list[str]:
    match name:
        case "metadata":
            return json.dumps(value)
        case "tag":
            return list(value)
        case _:
            return str(value)
