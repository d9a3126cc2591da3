"""What the machine sends: names, bytes, types, metadata and tags, with the odd corners of each, sound and refused.

Requests take many values, so that a value is refused seldom: most requests would fail otherwise, and few things happen.
"""

from typing import Any, Self, TypeVar

from hypothesis import strategies as st

from domain.files.metadata import MAX_METADATA_BYTES, MAX_METADATA_DEPTH
from domain.files.names import MAX_NAME_BYTES

T = TypeVar("T")

HOUR = 3600


class _Repeated(bytes):
    """Many bytes, shown in few when a sequence of requests is printed."""

    def __new__(cls, part: bytes, times: int) -> Self:
        return super().__new__(cls, part * times)

    def __init__(self, part: bytes, times: int) -> None:
        self._shown = f"{part!r} * {times}"

    def __repr__(self) -> str:
        return self._shown


def _seldom(seldom: st.SearchStrategy[T], *sound: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    """Draw from `seldom` about once in 16 times, else from one of the others."""
    return st.integers(0, 15).flatmap(lambda number: seldom if number == 15 else sound[number % len(sound)])


def _nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"k": value}
    return value


# Every character that can be sent at all.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)

# Few, so that uploads, copies and moves meet in them.
_common_names = st.sampled_from(["a", "a", "b.txt", "b.txt", "\u00e9", "e\u0301"])
_odd_names = st.sampled_from(
    [
        *("😀.png", "100%", "100%25 sure", "a+b c.txt", "a%2Fb", "?q=1&r#s.txt", "\"'`<>\\|{}^.md", "..a/...", " "),
        *("\u00a0\u202e\ufeff", "क्\u200dष.txt", "\U0010ffff\uffff"),
        *("n" * MAX_NAME_BYTES, "\u00e9" * (MAX_NAME_BYTES // 2), "s/" * (MAX_NAME_BYTES // 2 - 1) + "s"),
    ]
)
_refused_names = st.sampled_from(
    [
        *("", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a/.", "\0", "a\nb", "\x7f", "\x85"),
        *("n" * (MAX_NAME_BYTES + 1), "\u00e9" * (MAX_NAME_BYTES // 2 + 1)),
    ]
)
names = _seldom(_refused_names, _common_names, _common_names, _common_names, _odd_names, text)
prefixes = st.sampled_from(["", "a", "a/", "\u00e9", "e", "n" * 1024, "%", "_", "\\", "\U0010ffff", "\0"]) | text

# The first two are there from the beginning.
buckets = _seldom(
    st.sampled_from(["absent", "No Bucket", "x" * 64]),
    st.sampled_from(["default", "one", "default", "one", "two"]),
)

contents = st.one_of(
    st.sampled_from(
        [
            *(b"", b"x", b"plain text\r\n", "ünïcödé 😀".encode(), "ünïcödé".encode("latin-1"), b"a\0b"),
            *("ünïcödé".encode("utf-16"), b"\xff\xfeodd", "日本".encode("shift_jis"), "\ufeffmark".encode()),
            *(
                b"\x89PNG\r\n\x1a\n",
                b"ID3\x03\0",
                b"\xf0\x9f\x98",
                _Repeated(b"\0", 70_000),
                _Repeated("é".encode(), 40_000),
            ),
        ]
    ),
    st.binary(max_size=20),
)

# None is no header; an empty one counts as none.
content_types: st.SearchStrategy[str | None] = _seldom(
    st.sampled_from(
        ["text", "text/", "/plain", "text/plain; charset", "*/*", "text/plain, text/html", "a/" + "b" * 300]
    ),
    st.sampled_from([None, None, "", "application/octet-stream", "text/plain", "image/png", "TEXT/HTML;Charset=UTF-8"]),
    st.sampled_from(
        [
            *('text/plain ; charset="utf-16"', "text/plain;charset=latin-1", "text/csv; charset=shift_jis; x=1"),
            *("text/plain; charset=rot13", "text/plain; charset=utf-32-le; charset=ascii", 'a/b; c="d;e\\"f"'),
        ]
    ),
)

scalars = st.one_of(
    st.sampled_from([None, True, False, 0, 1, -2, "", "a", "A", "é", "e\u0301", "\u2028", "10", "null"]),
    st.sampled_from([2**53 + 1, 2**63, -(2**63) - 1, 2**64, 10**25, 10**400, 1.0, -0.0, 0.1, 1.5e300, 5e-324, 1e22]),
    st.floats(allow_nan=False, allow_infinity=False),
    text,
)
_keys = st.sampled_from(["k", "k", "a", "b", "", "é", "a.b", "$", "0"])
json = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_keys, inner, max_size=2), max_leaves=4
)
_objects = st.builds(lambda value: {"k": value}, scalars) | st.dictionaries(_keys, json, max_size=3)
_extreme_objects: st.SearchStrategy[Any] = st.one_of(
    # `{"k":""}` takes eight bytes.
    st.sampled_from([-1, 0, 1]).map(lambda more: {"k": "x" * (MAX_METADATA_BYTES - 8 + more)}),
    st.sampled_from([0, 1]).map(lambda more: _nested(MAX_METADATA_DEPTH + more)),
    st.sampled_from([{"a\0": 1}, {"a": "\0"}]),
)
metadata: st.SearchStrategy[Any] = _seldom(_extreme_objects | st.sampled_from([None, [], 1, "text"]), _objects)
# In a patch, null removes a member.
metadata_patches: st.SearchStrategy[Any] = _seldom(
    _extreme_objects, _objects, st.dictionaries(_keys, st.none(), max_size=3), st.just({"a": {"k": None}}), st.none()
)

_sound_tags = st.lists(st.sampled_from(["red", "big", "é", "two words", "[x]", "t" * 128]), max_size=4)
tags = _seldom(
    st.sampled_from([["t" * 129], [""], [" x"], ["a,b"], ["\n"], [str(number) for number in range(65)]])
    | st.lists(text, max_size=3),
    _sound_tags,
)

# Hours from now; a time without an offset and one that leaves the calendar are refused.
expiries: st.SearchStrategy[int | str | None] = _seldom(
    st.sampled_from([0, -1, "2999-01-01T00:00:00", "9999-12-31T23:59:59-10:00"]), st.sampled_from([1, 2, 24, None])
)

_limits = _seldom(st.sampled_from([-1, 2**63, 0]), st.sampled_from([None, None, None, 1, 10, 100, 100_000]))
policies: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "max_file_size": _limits,
        "allowed_types": st.sampled_from(
            [None, None, None, ["*/*"], ["text/*"], ["TEXT/Plain", "text/plain"], ["a/b", "text/csv"], [], ["text"]]
        ),
        "quota_bytes": _limits,
        "quota_files": _seldom(st.sampled_from([-1, 2**63, 0]), st.sampled_from([None, None, 1, 2, 5])),
        "default_ttl": _seldom(
            st.sampled_from([0, 2**40]), st.sampled_from([None, HOUR, 24 * HOUR, 36600 * 24 * HOUR])
        ),
        "public": st.booleans(),
        "public_listing": st.booleans(),
        "cache_control": _seldom(st.sampled_from(["", "x\n", "c" * 256]), st.sampled_from([None, "no-store"])),
    },
)

# What the bucket `one` begins with: enough to be in the way at times.
first_policies: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {},
        {},
        {"quota_bytes": 20},
        {"quota_files": 2},
        {"quota_bytes": 100, "default_ttl": HOUR},
        {"default_ttl": HOUR},
        {"max_file_size": 10},
    ]
)

# The header, and how it stands to the file that it is sent for.
_if_match = _seldom(st.just("malformed"), st.sampled_from(["current", "list", "star", "current", "other", "weak"]))
_if_none_match = _seldom(st.just("malformed"), st.sampled_from(["other", "star", "other", "current", "weak", "list"]))
conditions: st.SearchStrategy[dict[str, str]] = st.integers(0, 9).flatmap(
    lambda number: st.fixed_dictionaries(
        ({"If-Match": _if_match} if number in {6, 7, 9} else {})
        | ({"If-None-Match": _if_none_match} if number > 7 else {})
    )
)

# Which of the files that the model knows; past `MOSTLY`, one that is gone or never was.
MOSTLY = 14
picks = st.integers(0, MOSTLY + 2)
