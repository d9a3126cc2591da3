"""Nobody gives more than they have: over all pairs of makers and children."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access.callers import ROOT, Caller, CallerLimits
from domain.access.errors import AccessDeniedError
from domain.access.limits import LimitCallers
from domain.access.scopes import ACTIONS, Permissions, Scope
from domain.keys.errors import InvalidKeyExpiryError
from domain.keys.grants import grant, grant_limits, patched, require_rotatable
from domain.keys.model import Key, KeyPatch, is_seen_by
from domain.values.ids import new_id
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BUCKETS = ("a", "ab", "a*", "b", "*")
PREFIXES = (None, "t", "t/", "t/u", "tu")
NAMES = ("t", "t/", "t/x", "t/u", "t/u/x", "tu", "tu/x", "x", "T/x")
SCOPES = st.builds(
    Scope,
    actions=st.lists(st.sampled_from(ACTIONS), min_size=1, unique=True).map(tuple),
    bucket=st.sampled_from(BUCKETS),
    prefix=st.sampled_from(PREFIXES),
)
SOME = st.lists(SCOPES, min_size=1, max_size=3).map(tuple)
TIMES = st.one_of(st.none(), st.integers(-2, 4).map(lambda days: NOW + timedelta(days=days)))
FUTURE = st.one_of(st.none(), st.integers(1, 4).map(lambda days: NOW + timedelta(days=days)))


def can(scopes: tuple[Scope, ...]) -> set[tuple[str, str, str]]:
    permissions = Permissions(scopes)
    every = itertools.product(ACTIONS, ("a", "ab", "abc", "b", "c"), NAMES)
    return {each for each in every if permissions.allow(*each)}


def lives_longer(child: datetime | None, maker: datetime | None) -> bool:
    return maker is not None and (child is None or child > maker)


def caller(scopes: tuple[Scope, ...], expires_at: datetime | None) -> Caller:
    return Caller(kind="key", id=str(new_id()), permissions=Permissions(scopes), expires_at=expires_at)


@given(maker=SOME, child=SOME, maker_end=FUTURE, child_end=TIMES)
def test_a_child_can_do_no_more_and_lives_no_longer_than_its_maker(
    maker: tuple[Scope, ...], child: tuple[Scope, ...], maker_end: datetime | None, child_end: datetime | None
) -> None:
    try:
        end = grant(caller(maker, maker_end), child, child_end, NOW)
    except (AccessDeniedError, InvalidKeyExpiryError):
        return
    assert any("admin" in scope.actions for scope in maker)
    assert can(child) <= can(maker)
    assert not lives_longer(end, maker_end)
    assert end is None or end > NOW


@given(scopes=SOME, end=FUTURE)
def test_an_admin_may_make_a_key_like_its_own(scopes: tuple[Scope, ...], end: datetime | None) -> None:
    maker = caller(scopes, end)
    if own := tuple(scope for scope in scopes if "admin" in scope.actions):
        assert grant(maker, own, None, NOW) == end
        assert grant(maker, own, end, NOW) == end


@given(maker=SOME, child=SOME)
def test_an_admin_handles_the_keys_of_what_it_administers_alone(
    maker: tuple[Scope, ...], child: tuple[Scope, ...]
) -> None:
    changer = caller(maker, None)
    key = Key(id=new_id(), access_key_id="x", name="n", scopes=child, created_at=NOW)
    administered = {(bucket, name) for action, bucket, name in can(maker) if action == "admin"}
    if is_seen_by(changer, key):
        assert {(bucket, name) for _, bucket, name in can(child)} <= administered


@given(maker=SOME, key_scopes=SOME, new=st.one_of(st.none(), SOME), maker_end=FUTURE, key_end=FUTURE, new_end=TIMES)
def test_no_change_gives_a_key_more_than_its_changer_has(
    maker: tuple[Scope, ...],
    key_scopes: tuple[Scope, ...],
    new: tuple[Scope, ...] | None,
    maker_end: datetime | None,
    key_end: datetime | None,
    new_end: datetime | None,
) -> None:
    changer = caller(maker, maker_end)
    key = Key(id=new_id(), access_key_id="x", name="n", scopes=key_scopes, created_at=NOW, expires_at=key_end)
    patch = KeyPatch(expires_at=new_end) if new is None else KeyPatch(scopes=new, expires_at=new_end)
    try:
        changed = patched(changer, key, patch, NOW)
    except (AccessDeniedError, InvalidKeyExpiryError):
        return
    assert can(changed.scopes) <= can(maker)
    assert not lives_longer(changed.expires_at, maker_end)


@given(maker=SOME, key_scopes=SOME, new=SOME, maker_end=FUTURE, key_end=FUTURE)
def test_new_scopes_do_not_outlive_whoever_gives_them(
    maker: tuple[Scope, ...],
    key_scopes: tuple[Scope, ...],
    new: tuple[Scope, ...],
    maker_end: datetime | None,
    key_end: datetime | None,
) -> None:
    key = Key(id=new_id(), access_key_id="x", name="n", scopes=key_scopes, created_at=NOW, expires_at=key_end)
    try:
        changed = patched(caller(maker, maker_end), key, KeyPatch(scopes=new), NOW)
    except AccessDeniedError:
        return
    if lives_longer(key_end, maker_end):
        assert can(changed.scopes) <= can(key_scopes)


LIMITS = st.builds(CallerLimits, st.none() | st.integers(1, 5), st.none() | st.integers(1, 5))


@given(asked=LIMITS, own=LIMITS, defaults=LIMITS)
def test_no_key_is_limited_less_than_its_maker(asked: CallerLimits, own: CallerLimits, defaults: CallerLimits) -> None:
    callers = LimitCallers(FakeClock(), defaults)
    holding = callers.limits_of(Caller(kind="key", limits=own))
    try:
        granted = grant_limits(asked, own, holding)
    except AccessDeniedError:
        return
    child = callers.limits_of(Caller(kind="key", limits=granted))
    for most, has in ((holding.rate, child.rate), (holding.transfers, child.transfers)):
        assert most is None or (has is not None and has <= most)


def test_the_root_gives_any_limits() -> None:
    callers = LimitCallers(FakeClock(), CallerLimits(1, 1))
    asked = CallerLimits(1000, 1000)
    assert grant_limits(asked, ROOT.limits, callers.limits_of(ROOT)) == asked


@given(maker_end=FUTURE, key_end=FUTURE)
def test_a_new_secret_never_outlives_whoever_asks_for_it(maker_end: datetime | None, key_end: datetime | None) -> None:
    scopes = (Scope(actions=("admin",), bucket="*"),)
    key = Key(id=new_id(), access_key_id="x", name="n", scopes=scopes, created_at=NOW, expires_at=key_end)
    if lives_longer(key_end, maker_end):
        with pytest.raises(AccessDeniedError):
            require_rotatable(caller(scopes, maker_end), key)
    else:
        require_rotatable(caller(scopes, maker_end), key)
