"""The JSON filter, as far as it is understood before it reaches a catalog."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.files.search.errors import InvalidFilterError
from domain.files.search.fields import Column, MetadataPath
from domain.files.search.where import AllOf, AnyOf, Comparison, Not, parse_where


def test_fields_operators_and_combinations_are_understood() -> None:
    where = {
        "metadata.artist.name": {"ilike": "%queen%"},
        "or": [{"size": {"gte": 1024, "lt": 2048}}, {"not": {"name": {"like": "a\\%%"}}}],
    }
    assert parse_where(where) == AllOf(
        (
            Comparison(MetadataPath(("artist", "name")), "ilike", "%queen%"),
            AnyOf(
                (
                    AllOf((Comparison(Column("size"), "gte", 1024), Comparison(Column("size"), "lt", 2048))),
                    Not(Comparison(Column("name"), "like", "a\\%%")),
                )
            ),
        )
    )


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ({"created_at": {"gt": "2026-01-01T02:00:00+02:00"}}, datetime(2026, 1, 1, tzinfo=UTC)),
        ({"id": {"eq": "01a1fbb5-4e86-72b2-97d2-883554c0939d"}}, UUID("01a1fbb5-4e86-72b2-97d2-883554c0939d")),
        ({"size": {"in": [1, 2.5]}}, (1, 2.5)),
        ({"metadata.a": {"eq": {"b": [None]}}}, {"b": [None]}),
        ({"expires_at": {"exists": False}}, False),
    ],
)
def test_values_come_out_in_the_type_of_their_field(where: dict[str, Any], value: object) -> None:
    condition = parse_where(where)
    assert isinstance(condition, Comparison)
    assert condition.value == value


def test_an_empty_filter_is_always_true() -> None:
    assert parse_where({}) == AllOf(())


def deep(levels: int) -> dict[str, Any]:
    where: dict[str, Any] = {"size": {"eq": 1}}
    for _ in range(levels - 1):
        where = {"not": where}
    return where


@pytest.mark.parametrize(
    "where",
    [
        [],
        "x",
        None,
        {"nope": {"eq": 1}},
        {"metadata": {"eq": 1}},
        {"metadata.": {"eq": 1}},
        {"metadata.a..b": {"eq": 1}},
        {"metadata." + ".".join("abcdefghi"): {"eq": 1}},
        {"blob_key": {"eq": "x"}},
        {"size": 1},
        {"size": {}},
        {"size": {"between": [1, 2]}},
        {"size": {"eq": "1"}},
        {"size": {"eq": True}},
        {"size": {"like": "1%"}},
        {"name": {"eq": 1}},
        {"name": {"like": "x\\"}},
        {"name": {"eq": "\0"}},
        {"name": {"in": "abc"}},
        {"name": {"in": ["x"] * 101}},
        {"name": {"exists": 1}},
        {"id": {"eq": "not-a-uuid"}},
        {"id": {"gt": "01a1fbb5-4e86-72b2-97d2-883554c0939d"}},
        {"created_at": {"gt": "yesterday"}},
        {"created_at": {"gt": "2026-01-01T00:00:00"}},
        {"created_at": {"gt": "0001-01-01T00:00:00+10:00"}},
        {"metadata.a": {"gt": True}},
        {"metadata.a": {"gt": None}},
        {"metadata.a": {"like": 5}},
        {"metadata.a": {"eq": "\0"}},
        {"and": {}},
        {"or": ["x"]},
        {"not": []},
        {"size": {"eq": 1}, "or": [{"size": {"eq": 1}}] * 64},
        deep(9),
    ],
)
def test_a_malformed_condition_is_refused(where: object) -> None:
    with pytest.raises(InvalidFilterError):
        parse_where(where)


def test_eight_levels_are_understood() -> None:
    parse_where(deep(8))
