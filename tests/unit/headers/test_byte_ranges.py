"""Byte ranges (RFC 9110, section 14)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.errors import RangeNotSatisfiableError
from domain.values.ranges import MAX_PARTS, RangeSpec, resolve_ranges
from service.http.headers.ranges import MAX_SPECS, parse_ranges


def parts(value: str, size: int) -> list[tuple[int, int]]:
    """Return the first and last offset of each part."""
    return [(part.start, part.end - 1) for part in resolve_ranges(parse_ranges(value), size)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=0-499", [(0, 499)]),
        ("bytes=500-999", [(500, 999)]),
        ("bytes=-500", [(9500, 9999)]),
        ("bytes=9500-", [(9500, 9999)]),
        ("bytes=0-0,-1", [(0, 0), (9999, 9999)]),
        ("bytes= 0-999, 4500-5499, -1000", [(0, 999), (4500, 5499), (9000, 9999)]),
        ("bytes=500-600,601-999", [(500, 999)]),
        ("bytes=500-700,601-999", [(500, 999)]),
    ],
)
def test_the_examples_of_section_14_1_2(value: str, expected: list[tuple[int, int]]) -> None:
    assert parts(value, 10_000) == expected


@pytest.mark.parametrize(
    ("value", "size", "expected"),
    [
        ("bytes=0-", 1, [(0, 0)]),
        ("bytes=5-1000", 10, [(5, 9)]),
        ("bytes=-1000", 10, [(0, 9)]),
        (f"bytes=5-{'9' * 5000}", 10, [(5, 9)]),
        (f"bytes=-{'9' * 5000}", 10, [(0, 9)]),
        ("bytes=00000000000000000000000000000000005-06", 10, [(5, 6)]),
        ("bytes=20-30,5-6,-0", 10, [(5, 6)]),
    ],
)
def test_a_range_ends_with_the_file_and_one_behind_it_is_left_out(
    value: str, size: int, expected: list[tuple[int, int]]
) -> None:
    assert parts(value, size) == expected


@pytest.mark.parametrize("value", ["BYTES=0-1", "Bytes=0-1", " bytes=0-1\t", "bytes=,0-1", "bytes=0-1 ,\t, ,"])
def test_units_have_no_case_and_lists_may_have_empty_elements(value: str) -> None:
    """Sections 14.1 and 5.6.1.2."""
    assert parts(value, 10) == [(0, 1)]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0-1",
        "bytes",
        "bytes=",
        "bytes=,",
        "bytes 0-1",
        "bytes:0-1",
        "bytes =0-1",
        "bytes=-",
        "bytes=5-4",
        "bytes=0-1,5-4",
        "bytes=0-1,x",
        "bytes=a-b",
        "bytes=0x1-2",
        "bytes=+1-2",
        "bytes=1 - 2",
        "bytes=1--2",
        "bytes=1-2-3",
        "bytes=1-2;3-4",
        "bytes=１-２",
        "bytes=0-1\n",
        "bytes=0-1, bytes=4-5",
        "lines=0-1",
        "none",
        "seconds=1.5-2",
    ],
)
def test_an_unknown_unit_and_broken_syntax_are_ignored(value: str) -> None:
    """Section 14.2."""
    assert parse_ranges(value) == ()
    assert parts(value, 10) == []


@pytest.mark.parametrize(
    ("value", "size"),
    [("bytes=10-", 10), ("bytes=10-20,30-40", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-0", 0)],
)
def test_ranges_that_all_lie_behind_the_end_are_not_satisfiable(value: str, size: int) -> None:
    """Sections 14.1.2 and 15.5.17."""
    with pytest.raises(RangeNotSatisfiableError) as raised:
        parts(value, size)
    assert raised.value.size == size


def test_the_suffix_of_an_empty_file_is_the_whole_of_it() -> None:
    """Satisfiable by section 14.1.2, but no Content-Range can say it."""
    assert parts("bytes=-5", 0) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("bytes=0-4,5-9", [(0, 9)]),
        ("bytes=5-9,0-4", [(0, 9)]),
        ("bytes=0-9,2-3", [(0, 9)]),
        ("bytes=0-4,6-9", [(0, 4), (6, 9)]),
        ("bytes=50-59,20-29,55-70,0-4", [(50, 70), (20, 29), (0, 4)]),
        ("bytes=0-,0-,0-,0-", [(0, 99)]),
        ("bytes=90-94,10-14,-6", [(90, 99), (10, 14)]),
        ("bytes=80-89,10-14,90-99,75-79", [(75, 99), (10, 14)]),
    ],
)
def test_parts_that_overlap_or_touch_become_one_in_the_place_of_the_first(
    value: str, expected: list[tuple[int, int]]
) -> None:
    """Section 15.3.7.2."""
    assert parts(value, 100) == expected


def test_more_parts_than_an_answer_has_are_the_whole() -> None:
    """Section 14.2: a set of many small ranges may be ignored."""
    many = [f"{start}-{start}" for start in range(0, 2 * MAX_PARTS + 1, 2)]
    assert parts("bytes=" + ",".join(many), 10_000) == []
    assert len(parts("bytes=" + ",".join(many[:-1]), 10_000)) == MAX_PARTS


def test_more_ranges_than_are_looked_at_are_the_whole() -> None:
    assert len(parse_ranges("bytes=" + ",".join(["0-"] * MAX_SPECS))) == MAX_SPECS
    assert parse_ranges("bytes=" + ",".join(["0-"] * (MAX_SPECS + 1))) == ()


NUMBERS = st.integers(min_value=0, max_value=60)
SPECS = st.one_of(
    st.builds(lambda first, more: RangeSpec(first, first + more), NUMBERS, NUMBERS),
    st.builds(lambda first: RangeSpec(first, None), NUMBERS),
    st.builds(lambda length: RangeSpec(None, length), NUMBERS),
)


def asked_for(spec: RangeSpec, size: int) -> set[int]:
    """Return the places that a range means, found one by one."""
    if spec.first is None:
        assert spec.last is not None
        return {place for place in range(size) if place >= size - spec.last}
    return {place for place in range(size) if place >= spec.first and (spec.last is None or place <= spec.last)}


def written(spec: RangeSpec) -> str:
    return f"{'' if spec.first is None else spec.first}-{'' if spec.last is None else spec.last}"


@given(specs=st.lists(SPECS, min_size=1, max_size=12), size=st.integers(min_value=1, max_value=50))
def test_parts_are_the_bytes_asked_for_each_once(specs: list[RangeSpec], size: int) -> None:
    assert parse_ranges("bytes=" + ", ".join(map(written, specs))) == tuple(specs)
    wanted = [places for spec in specs if (places := asked_for(spec, size))]
    if not wanted:
        with pytest.raises(RangeNotSatisfiableError):
            resolve_ranges(tuple(specs), size)
        return
    resolved = resolve_ranges(tuple(specs), size)
    sent = [place for part in resolved for place in range(part.start, part.end)]
    assert len(sent) == len(set(sent))
    assert set(sent) == set().union(*wanted)
    # No two parts touch, and each stands where the first range in it stood.
    ordered = sorted(resolved, key=lambda part: part.start)
    assert all(one.end < other.start for one, other in pairwise(ordered))
    firsts = [
        min(place for place, each in enumerate(wanted) if min(each) >= part.start and max(each) < part.end)
        for part in resolved
    ]
    assert firsts == sorted(firsts)


@given(value=st.text("bytes=0123456789-, \t", max_size=40), size=st.integers(min_value=0, max_value=100))
def test_whatever_is_sent_the_parts_lie_in_the_file(value: str, size: int) -> None:
    try:
        resolved = resolve_ranges(parse_ranges(f"bytes={value}"), size)
    except RangeNotSatisfiableError:
        return
    assert all(part.start >= 0 and part.length > 0 and part.end <= size for part in resolved)
