"""The contract of the JSON filter of listings; see `domain.files.search.where`."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from domain.files.search.model import FileQuery
from domain.files.search.where import parse_where
from tests.contracts.setup import FUTURE, CatalogPorts, changed, stored

VALUES: dict[str, Any] = {
    "zero": 0,
    "one": 1,
    "half": 0.5,
    "huge": 10**40,
    "empty": "",
    "digit": "1",
    "queen": "Queen",
    "shout": "QUEEN",
    "bjork": "Björk",
    "percent": "100%_\\",
    "lines": "a\nb",
    "true": True,
    "false": False,
    "null": None,
    "list": [1, "x"],
    "object": {"inner": {"deep": 1}, "0": "key"},
}
EVERYTHING = {*VALUES, "missing"}


async def found(catalog: CatalogPorts, filter_: dict[str, Any]) -> set[str]:
    """Return the names of the files for which the filter is true; for the others its negation is."""
    names, others = await _names(catalog, filter_), await _names(catalog, {"not": filter_})
    everything = {file.name for file in await catalog.search.list_files(FileQuery(limit=1000))}
    assert names | others == everything
    assert not names & others
    return names


async def _names(catalog: CatalogPorts, filter_: dict[str, Any]) -> set[str]:
    query = FileQuery(where=parse_where(filter_), limit=1000)
    names = {file.name for file in await catalog.search.list_files(query)}
    assert await catalog.search.count_files(query) == len(names)
    return names


class TestWhere:
    @pytest.mark.parametrize(
        ("operators", "names"),
        [
            ({"eq": 1}, {"one"}),
            ({"eq": 1.0}, {"one"}),
            ({"eq": "1"}, {"digit"}),
            ({"eq": True}, {"true"}),
            ({"eq": 0}, {"zero"}),
            ({"eq": False}, {"false"}),
            ({"eq": None}, {"null"}),
            ({"eq": ""}, {"empty"}),
            ({"eq": "queen"}, set()),
            ({"eq": 10**40}, {"huge"}),
            ({"eq": [1, "x"]}, {"list"}),
            ({"eq": [1]}, set()),
            ({"eq": ["x", 1]}, set()),
            ({"eq": []}, set()),
            ({"eq": {}}, set()),
            ({"eq": {"0": "key", "inner": {"deep": 1.0}}}, {"object"}),
            ({"eq": {"inner": {"deep": 1}}}, set()),
            ({"ne": 1}, EVERYTHING - {"one"}),
            ({"ne": None}, EVERYTHING - {"null"}),
            ({"ne": [1]}, EVERYTHING),
            ({"in": []}, set()),
            ({"in": [1, "Queen", True, None, [1, "x"], 10**40]}, {"one", "queen", "true", "null", "list", "huge"}),
            ({"in": [[1], {}, "x"]}, set()),
            ({"gt": 0}, {"half", "one", "huge"}),
            ({"gte": 0}, {"zero", "half", "one", "huge"}),
            ({"lt": 1}, {"zero", "half"}),
            ({"lte": 1}, {"zero", "half", "one"}),
            ({"gt": 0, "lt": 1}, {"half"}),
            ({"gt": 10**39}, {"huge"}),
            ({"gt": 1e39}, {"huge"}),
            ({"lt": -(10**40)}, set()),
            ({"gt": ""}, {"digit", "queen", "shout", "bjork", "percent", "lines"}),
            ({"gte": "Queen", "lt": "a"}, {"queen"}),
            ({"lte": "QUEEN"}, {"empty", "digit", "shout", "bjork", "percent"}),
            ({"gt": "Bj\uffff"}, {"queen", "shout", "lines"}),
            ({"like": "Queen"}, {"queen"}),
            ({"like": "Qu%"}, {"queen"}),
            ({"like": "_ueen"}, {"queen"}),
            ({"like": "ueen"}, set()),
            ({"like": ""}, {"empty"}),
            ({"like": "%"}, {"empty", "digit", "queen", "shout", "bjork", "percent", "lines"}),
            ({"like": "_"}, {"digit"}),
            ({"like": "Bj_rk"}, {"bjork"}),
            ({"like": "100\\%\\_\\\\"}, {"percent"}),
            ({"like": "\\Q\\ueen"}, {"queen"}),
            ({"like": "a_b"}, {"lines"}),
            ({"like": "a%b"}, {"lines"}),
            ({"ilike": "queen"}, {"queen", "shout"}),
            ({"ilike": "%EE%"}, {"queen", "shout"}),
            ({"ilike": "BJÖRK"}, {"bjork"}),
            ({"exists": True}, set(VALUES)),
            ({"exists": False}, {"missing"}),
            ({"exists": True, "ne": None}, set(VALUES) - {"null"}),
        ],
    )
    async def test_a_member_of_the_metadata_is_compared(
        self, catalog: CatalogPorts, operators: dict[str, Any], names: set[str]
    ) -> None:
        for name, value in VALUES.items():
            await stored(catalog, name=name, metadata={"v": value})
        await stored(catalog, name="missing")
        assert await found(catalog, {"metadata.v": operators}) == names

    @pytest.mark.parametrize(
        ("filter_", "names"),
        [
            ({"metadata.a.b.c": {"eq": 1}}, {"deep"}),
            ({"metadata.a.b": {"eq": {"c": 1}}}, {"deep"}),
            ({"metadata.a.b": {"exists": True}}, {"deep", "shallow"}),
            ({"metadata.a.b.c": {"exists": True}}, {"deep"}),
            ({"metadata.list.0": {"exists": True}}, {"numbered"}),
            ({"metadata.list.0": {"eq": "x"}}, {"numbered"}),
            ({"metadata.list.-1": {"exists": True}}, set()),
            ({"metadata.text.0": {"exists": True}}, set()),
            ({"metadata.a'b\"c": {"eq": 1}}, {"quoted"}),
            ({"metadata.ключ 🎵": {"like": "%"}}, {"unicode"}),
            ({"metadata.{a,b}": {"exists": True}}, set()),
            ({"metadata.$1": {"exists": False}}, {"deep", "shallow", "listed", "numbered", "quoted", "unicode"}),
        ],
    )
    async def test_a_path_leads_through_objects_only(
        self, catalog: CatalogPorts, filter_: dict[str, Any], names: set[str]
    ) -> None:
        await stored(catalog, name="deep", metadata={"a": {"b": {"c": 1}}})
        await stored(catalog, name="shallow", metadata={"a": {"b": None}})
        await stored(catalog, name="listed", metadata={"list": ["x"], "text": "abc"})
        await stored(catalog, name="numbered", metadata={"list": {"0": "x"}})
        await stored(catalog, name="quoted", metadata={"a'b\"c": 1})
        await stored(catalog, name="unicode", metadata={"ключ 🎵": "значение"})
        assert await found(catalog, filter_) == names

    @pytest.mark.parametrize(
        ("filter_", "names"),
        [
            ({"name": {"eq": "Straße"}}, {"Straße"}),
            ({"name": {"in": ["a", "Straße", "none"]}}, {"a", "Straße"}),
            ({"name": {"in": []}}, set()),
            ({"name": {"ne": "a"}}, {"Straße", "É"}),
            ({"name": {"gt": "Z"}}, {"a", "É"}),
            ({"name": {"lte": "a"}}, {"a", "Straße"}),
            ({"name": {"like": "%ß%"}}, {"Straße"}),
            ({"name": {"ilike": "é"}}, {"É"}),
            ({"name": {"ilike": "STRA_e"}}, {"Straße"}),
            ({"name": {"exists": True}}, {"a", "Straße", "É"}),
            ({"bucket": {"eq": "default"}}, {"a", "Straße", "É"}),
            ({"content_type": {"like": "image/%"}}, {"a"}),
            ({"sha256": {"eq": "0" * 64}}, set()),
            ({"sha256": {"like": "________________%"}}, {"a", "Straße", "É"}),
            ({"size": {"eq": 10}}, {"a"}),
            ({"size": {"eq": 10.0}}, {"a"}),
            ({"size": {"eq": 10.5}}, set()),
            ({"size": {"ne": 10.5}}, {"a", "Straße", "É"}),
            ({"size": {"in": [10, 20.0, 0.5, 10**40]}}, {"a", "Straße"}),
            ({"size": {"gt": 10}}, {"Straße", "É"}),
            ({"size": {"gt": 9.5}}, {"a", "Straße", "É"}),
            ({"size": {"gte": 10.5}}, {"Straße", "É"}),
            ({"size": {"lt": 10.5}}, {"a"}),
            ({"size": {"lte": 20.5}}, {"a", "Straße"}),
            ({"size": {"lt": 20}}, {"a"}),
            ({"size": {"gt": 10**40}}, set()),
            ({"size": {"lt": 1e300}}, {"a", "Straße", "É"}),
            ({"size": {"gt": -1e300}}, {"a", "Straße", "É"}),
            ({"size": {"eq": 10**40}}, set()),
            ({"size": {"ne": 10**40}}, {"a", "Straße", "É"}),
            ({"revision": {"gte": 2}}, {"É"}),
            ({"revision": {"lt": 2**31}}, {"a", "Straße", "É"}),
            ({"expires_at": {"exists": True}}, {"É"}),
            ({"expires_at": {"exists": False}}, {"a", "Straße"}),
            ({"expires_at": {"gt": "2020-01-01T00:00:00Z"}}, {"É"}),
            ({"expires_at": {"ne": "2020-01-01T00:00:00Z"}}, {"a", "Straße", "É"}),
            ({"expires_at": {"eq": "2100-01-01T01:00:00+01:00"}}, {"É"}),
            ({"created_at": {"gt": "0001-01-01T00:00:00Z"}}, {"a", "Straße", "É"}),
            ({"created_at": {"lt": "9999-12-31T23:59:59.999999Z"}}, {"a", "Straße", "É"}),
            ({"updated_at": {"lte": "2000-01-01T00:00:00Z"}}, set()),
        ],
    )
    async def test_a_field_is_compared(self, catalog: CatalogPorts, filter_: dict[str, Any], names: set[str]) -> None:
        await stored(catalog, name="a", size=10, content_type="image/png")
        await stored(catalog, name="Straße", size=20)
        await changed(catalog, await stored(catalog, name="É", size=30), expires_at=FUTURE)
        assert await found(catalog, filter_) == names

    async def test_an_id_is_compared(self, catalog: CatalogPorts) -> None:
        file, _ = await stored(catalog, name="a"), await stored(catalog, name="b")
        assert await found(catalog, {"id": {"eq": str(file.id).upper()}}) == {"a"}
        assert await found(catalog, {"id": {"in": [str(file.id), str(uuid4())]}}) == {"a"}
        assert await found(catalog, {"id": {"ne": str(file.id)}}) == {"b"}
        assert await found(catalog, {"id": {"exists": False}}) == set()

    async def test_a_time_is_compared_to_the_microsecond(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name="a")
        time, later = file.created_at.isoformat(), (file.created_at + timedelta(microseconds=1)).isoformat()
        assert await found(catalog, {"created_at": {"eq": time}}) == {"a"}
        assert await found(catalog, {"created_at": {"in": [time, later]}}) == {"a"}
        assert await found(catalog, {"created_at": {"gte": later}}) == set()
        assert await found(catalog, {"created_at": {"lt": later}}) == {"a"}

    @pytest.mark.parametrize(
        ("filter_", "names"),
        [
            ({}, {"1", "2", "3"}),
            ({"and": []}, {"1", "2", "3"}),
            ({"or": []}, set()),
            ({"not": {}}, set()),
            ({"or": [{"size": {"eq": 1}}, {"metadata.v": {"eq": 2}}]}, {"1", "2"}),
            ({"and": [{"size": {"gt": 1}}, {"metadata.v": {"lt": 3}}]}, {"2"}),
            ({"size": {"gt": 1}, "metadata.v": {"lt": 3}}, {"2"}),
            ({"not": {"metadata.none": {"gt": 1}}}, {"1", "2", "3"}),
            ({"not": {"or": [{"size": {"eq": 1}}, {"metadata.none": {"eq": 1}}]}}, {"2", "3"}),
            ({"not": {"and": [{"size": {"eq": 1}}, {"metadata.none": {"like": "x"}}]}}, {"1", "2", "3"}),
            ({"not": {"not": {"metadata.v": {"in": [1, 3]}}}}, {"1", "3"}),
            ({"or": [{"and": []}, {"size": {"eq": 9}}]}, {"1", "2", "3"}),
        ],
    )
    async def test_conditions_are_combined(
        self, catalog: CatalogPorts, filter_: dict[str, Any], names: set[str]
    ) -> None:
        for size in (1, 2, 3):
            await stored(catalog, name=str(size), size=size, metadata={"v": size})
        assert await found(catalog, filter_) == names

    async def test_a_filter_may_be_as_large_as_is_allowed(self, catalog: CatalogPorts) -> None:
        await stored(catalog, name="a", size=1, metadata={"v": 99})
        path = ".".join(["metadata", "v", *"abcdefg"])
        wide: dict[str, Any] = {"or": [{path: {"in": [*range(100)]}} for _ in range(31)]}
        assert await found(catalog, wide) == set()
        deep: dict[str, Any] = {"metadata.v": {"eq": 99}}
        for _ in range(6):
            deep = {"not": deep}
        assert await found(catalog, deep) == {"a"}
