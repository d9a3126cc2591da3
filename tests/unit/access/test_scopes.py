"""What scopes take in, by tables and by properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access.callers import NOBODY, ROOT, Caller
from domain.access.errors import AccessDeniedError, InvalidScopeError, UnauthenticatedError
from domain.access.scopes import ACTIONS, EVERYTHING, Action, Permissions, Scope, check_scopes
from domain.errors import NotFoundError

_segments = st.sampled_from(["a", "ab", "A", "\u00e9", "e\u0301", "b_", "x%"])
names = st.lists(_segments, min_size=1, max_size=3).map("/".join)
_prefixes = st.none() | st.builds(lambda name, end: name + end, names, st.sampled_from(["", "/"]))
_buckets = st.sampled_from(["p", "ph", "photos", "a_b", "a.b"])
_patterns = _buckets | _buckets.map(lambda name: name + "*") | st.just("*")
scopes = st.builds(
    Scope,
    actions=st.lists(st.sampled_from(ACTIONS), min_size=1, unique=True).map(tuple),
    bucket=_patterns,
    prefix=_prefixes,
)


def scope(bucket: str, prefix: str | None = None, *actions: Action) -> Scope:
    return Scope(actions=actions or ("read",), bucket=bucket, prefix=prefix)


@pytest.mark.parametrize(
    ("pattern", "bucket", "expected"),
    [
        ("photos", "photos", True),
        ("photos", "photos2", False),
        ("photos*", "photos", True),
        ("photos*", "photos2", True),
        ("photos*", "photo", False),
        ("*", "anything", True),
        ("a.b", "axb", False),
    ],
)
def test_a_pattern_takes_in_the_buckets_that_begin_like_it(pattern: str, bucket: str, expected: bool) -> None:
    assert scope(pattern).has_bucket(bucket) is expected


@pytest.mark.parametrize(
    ("prefix", "name", "expected"),
    [
        (None, "any/name", True),
        ("team/a/", "team/a/x", True),
        ("team/a/", "team/a", False),
        ("team/a/", "team/ab", False),
        ("team/a", "team/a", True),
        ("team/a", "team/a/x/y", True),
        ("team/a", "team/ab", False),
        ("team/a", "Team/a", False),
        ("caf\u00e9", "cafe\u0301", False),
        ("a_b/", "axb/c", False),
        ("a%/", "abc/d", False),
    ],
)
def test_a_prefix_takes_in_itself_and_what_lies_below(prefix: str | None, name: str, expected: bool) -> None:
    assert scope("b", prefix).has_name(name) is expected


@pytest.mark.parametrize(
    ("held", "given_", "expected"),
    [
        (scope("*"), scope("photos"), True),
        (scope("ph*"), scope("photos*"), True),
        (scope("photos*"), scope("ph*"), False),
        (scope("photos"), scope("photos*"), False),
        (scope("b"), scope("b", "a/"), True),
        (scope("b", "a/"), scope("b"), False),
        (scope("b", "a/"), scope("b", "a"), False),
        (scope("b", "a"), scope("b", "a/"), True),
        (scope("b", "a/"), scope("b", "ab/"), False),
        (scope("b", None, "admin"), scope("b", "a", *ACTIONS), True),
        (scope("b", None, "read", "list", "write", "delete"), scope("b", None, "admin"), False),
        (scope("b", None, "read"), scope("b", None, "read", "list"), False),
    ],
)
def test_who_holds_a_scope_grants_what_lies_in_it(held: Scope, given_: Scope, expected: bool) -> None:
    assert Permissions((held,)).contain([given_]) is expected


def test_an_admin_may_do_all_in_its_scope_alone() -> None:
    admin = Permissions((scope("b", "a/", "admin"),))
    assert all(admin.allow(action, "b", "a/x") for action in ACTIONS)
    assert not any(admin.allow(action, "b", "x") or admin.allow(action, "c", "a/x") for action in ACTIONS)
    assert not admin.administer("b")
    assert Permissions((scope("b", None, "admin"),)).administer("b")


def test_the_areas_of_an_action_leave_out_those_in_others() -> None:
    held = Permissions((scope("b", "a/b/"), scope("b", "a", "admin"), scope("c", None, "write"), scope("b", "a/b/")))
    assert held.areas("read") == (scope("b", "a"),)
    assert EVERYTHING.areas("list") == (scope("*", None, "list"),)


@pytest.mark.parametrize(
    "wrong",
    [
        scope("Photos"),
        scope("a*b"),
        scope("*a"),
        scope(""),
        scope("b", ""),
        scope("b", "/"),
        scope("b", "/a"),
        scope("b", "a//b"),
        scope("b", "a/../b"),
        scope("b", "a\n"),
        scope("b", "\ud800"),
        scope("b", "x" * 1025),
        Scope(actions=(), bucket="b"),
    ],
)
def test_a_scope_that_could_be_misread_is_refused(wrong: Scope) -> None:
    with pytest.raises(InvalidScopeError):
        check_scopes([wrong])


def test_there_is_a_scope_at_least_and_a_hundred_at_most() -> None:
    for count in (0, 101):
        with pytest.raises(InvalidScopeError):
            check_scopes([scope("b")] * count)
    assert check_scopes([Scope(actions=("write", "read"), bucket="b")]) == (scope("b", None, "read", "write"),)


@given(st.lists(scopes, max_size=4), scopes, _buckets, names)
def test_a_granted_scope_allows_nothing_that_its_maker_may_not(
    held: list[Scope], granted: Scope, bucket: str, name: str
) -> None:
    maker, child = Permissions(tuple(held)), Permissions((granted,))
    if maker.contain([granted]):
        assert all(maker.allow(each, bucket, name) for each in ACTIONS if child.allow(each, bucket, name))
        assert maker.administer(bucket) or not child.administer(bucket)


@given(st.lists(scopes, max_size=4), _buckets, names, names)
def test_all_below_a_prefix_is_every_name_that_begins_with_it(
    held: list[Scope], bucket: str, prefix: str, rest: str
) -> None:
    permissions = Permissions(tuple(held))
    if permissions.allow_below("read", bucket, prefix):
        assert permissions.allow("read", bucket, prefix + rest)


@given(st.lists(scopes, max_size=4), st.sampled_from(ACTIONS), _buckets, names)
def test_the_areas_of_an_action_allow_what_the_scopes_do(
    held: list[Scope], action: Action, bucket: str, name: str
) -> None:
    permissions = Permissions(tuple(held))
    assert Permissions(permissions.areas(action)).allow(action, bucket, name) is permissions.allow(action, bucket, name)


def test_what_may_not_be_seen_is_missing_and_what_may_is_denied() -> None:
    missing = NotFoundError("There is no such file.")
    reader = Caller(kind="key", id="k", permissions=Permissions((scope("b", "a/"),)))
    reader.require("read", "b", "a/x", missing)
    ROOT.require("delete", "b", "x", missing)
    with pytest.raises(AccessDeniedError):
        reader.require("write", "b", "a/x", missing)
    with pytest.raises(NotFoundError) as refusal:
        reader.require("write", "b", "x", missing)
    assert refusal.value is missing
    with pytest.raises(UnauthenticatedError):
        NOBODY.require("read", "b", "a/x", missing)


def test_each_caller_owns_under_a_name_of_its_own() -> None:
    assert (ROOT.owner, Caller(kind="key", id="1").owner, Caller(kind="token", id="1").owner) == (
        "root",
        "key:1",
        "token:1",
    )
