"""JSON metadata, its merge patches, and tags."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.files.errors import InvalidMetadataError, InvalidTagsError
from domain.files.metadata import check_metadata, check_tags, merge_patch


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize("metadata", [{}, {"a": [1, 2.5, None, True, {"é": "🎵"}]}, nested(32), {"a": "x" * 65_528}])
def test_a_json_object_is_kept(metadata: dict[str, Any]) -> None:
    assert check_metadata(metadata) == metadata


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        [],
        "x",
        1,
        nested(33),
        {"a": "x" * 65_529},
        {"a": "\0"},
        {"\0": 1},
        {"a": ["\ud800"]},
        {"a": float("inf")},
        {"a": [1e308] * 300},
    ],
)
def test_an_object_that_cannot_be_stored_is_refused(metadata: object) -> None:
    with pytest.raises(InvalidMetadataError):
        check_metadata(metadata)


def test_numbers_count_with_all_the_digits_that_a_store_may_write() -> None:
    check_metadata({"a": [1e308] * 100})
    with pytest.raises(InvalidMetadataError, match="larger"):
        check_metadata({"a": [1e308] * 300})


# The examples of RFC 7396, appendix A.
@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
        ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
        ('{"a":"b"}', '{"a":null}', "{}"),
        ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
        ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
        ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
        ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
        ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
        ('["a","b"]', '["c","d"]', '["c","d"]'),
        ('{"a":"b"}', '["c"]', '["c"]'),
        ('{"a":"foo"}', "null", "null"),
        ('{"a":"foo"}', '"bar"', '"bar"'),
        ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
        ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
        ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
    ],
)
def test_a_merge_patch_follows_the_rfc(original: str, patch: str, result: str) -> None:
    target = msgspec.json.decode(original)
    assert merge_patch(target, msgspec.json.decode(patch)) == msgspec.json.decode(result)
    assert target == msgspec.json.decode(original)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
)


@given(JSON, JSON)
def test_a_merge_patch_applied_twice_changes_nothing_more(target: object, patch: object) -> None:
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once


def test_tags_are_distinct_and_keep_their_order() -> None:
    assert check_tags(["b", "a", "b", "Ünïcode tag"]) == ("b", "a", "Ünïcode tag")


@pytest.mark.parametrize(
    "tags",
    [[""], [" a"], ["a "], ["a,b"], ["a\n"], ["\0"], ["x" * 129], [str(i) for i in range(65)], ["a"] * 65],
)
def test_tags_that_break_a_rule_are_refused(tags: list[str]) -> None:
    with pytest.raises(InvalidTagsError):
        check_tags(tags)
