"""Limits of callers: requests a second, transfers at once, and failed authentications of an address."""

from contextlib import ExitStack

import pytest

from domain.access.authenticate import Authenticate
from domain.access.callers import NOBODY, ROOT, SYSTEM, Caller, CallerLimits
from domain.access.errors import TooManyFailuresError, TooManyTransfersError, UnauthenticatedError
from domain.access.failed_authentications import FailedAuthentications
from domain.access.limits import LimitCallers, Standing
from domain.access.root_key import RootKey
from tests.fakes.clock import FakeClock

KEY = Caller(kind="key", id="1")
NO_LIMITS = Standing(CallerLimits())


def limiting(*, rate: int | None = None, transfers: int | None = None) -> tuple[LimitCallers, FakeClock]:
    clock = FakeClock()
    return LimitCallers(clock, CallerLimits(rate, transfers)), clock


def test_without_a_limit_nothing_is_counted() -> None:
    callers, _ = limiting()
    assert all(callers.count_request(KEY) == NO_LIMITS for _ in range(1000))


def test_requests_beyond_the_rate_are_over_until_a_second_has_passed() -> None:
    callers, clock = limiting(rate=3)
    stand = [callers.count_request(KEY) for _ in range(5)]
    assert [(each.left, each.is_over) for each in stand] == [(2, False), (1, False), (0, False), (0, True), (0, True)]
    assert {each.seconds for each in stand} == {1}
    clock.advance(1)
    assert callers.count_request(KEY) == Standing(CallerLimits(3), left=2)


def test_callers_are_counted_each_by_itself() -> None:
    callers, _ = limiting(rate=1)
    others = [KEY, Caller(kind="key", id="2"), Caller(kind="token", id="1"), Caller(kind="token", id="https://a b")]
    assert not any(callers.count_request(each).is_over for each in others)
    assert all(callers.count_request(each).is_over for each in others)


def test_the_same_caller_is_one_wherever_it_calls_from() -> None:
    callers, _ = limiting(rate=1)
    callers.count_request(Caller(kind="key", id="1", address="192.0.2.1", request_id="a"))
    assert callers.count_request(Caller(kind="key", id="1", address="192.0.2.2", request_id="b")).is_over


@pytest.mark.parametrize("caller", [ROOT, SYSTEM, NOBODY, Caller(kind="link", id="1")])
def test_the_root_key_and_those_who_are_many_are_exempt(caller: Caller) -> None:
    callers, _ = limiting(rate=1, transfers=1)
    assert all(callers.count_request(caller) == NO_LIMITS for _ in range(10))
    with callers.transfer(caller), callers.transfer(caller):
        pass


def test_own_limits_replace_the_defaults_each_by_itself() -> None:
    callers, _ = limiting(rate=1, transfers=1)
    own = Caller(kind="key", id="1", limits=CallerLimits(rate=5))
    assert callers.limits_of(own) == CallerLimits(5, 1)
    assert [callers.count_request(own).is_over for _ in range(6)] == [False] * 5 + [True]


def test_own_limits_hold_where_there_are_no_defaults() -> None:
    callers, _ = limiting()
    own = Caller(kind="key", id="1", limits=CallerLimits(transfers=1))
    with callers.transfer(own), pytest.raises(TooManyTransfersError), callers.transfer(own):
        pass
    assert callers.count_request(own) == Standing(CallerLimits(transfers=1))


def test_a_transfer_that_ends_in_whichever_way_makes_room_for_the_next() -> None:
    callers, _ = limiting(transfers=2)
    for _ in range(100):
        with pytest.raises(KeyError), callers.transfer(KEY):
            raise KeyError
    with ExitStack() as running:
        for _ in range(2):
            running.enter_context(callers.transfer(KEY))
        with pytest.raises(TooManyTransfersError) as raised, callers.transfer(KEY):
            pass
        assert raised.value.retry_after == 1
        with callers.transfer(Caller(kind="key", id="2")):
            pass
    with callers.transfer(KEY):
        pass


def authenticating(per_minute: int) -> tuple[Authenticate, FakeClock]:
    clock = FakeClock()
    return Authenticate([RootKey("the root key")], FailedAuthentications(clock, per_minute)), clock


async def test_many_wrong_credentials_slow_down_their_address_alone() -> None:
    authenticate, clock = authenticating(per_minute=10)
    for _ in range(10):
        with pytest.raises(UnauthenticatedError):
            await authenticate("wrong", "192.0.2.1")
    for _ in range(10):
        with pytest.raises(TooManyFailuresError) as raised:
            await authenticate("wrong", "192.0.2.1")
        assert raised.value.retry_after == 6, "one is regained in so many seconds"
    with pytest.raises(UnauthenticatedError):
        await authenticate("wrong", "192.0.2.2")
    clock.advance(6)
    with pytest.raises(UnauthenticatedError):
        await authenticate("wrong", "192.0.2.1")


async def test_a_right_credential_passes_whatever_its_address_has_sent() -> None:
    authenticate, _ = authenticating(per_minute=1)
    for _ in range(5):
        with pytest.raises((UnauthenticatedError, TooManyFailuresError)):
            await authenticate("wrong", "192.0.2.1")
        assert await authenticate("the root key", "192.0.2.1") == ROOT


async def test_right_credentials_cost_an_address_nothing() -> None:
    authenticate, _ = authenticating(per_minute=1)
    for _ in range(100):
        await authenticate("the root key", "192.0.2.1")
    with pytest.raises(UnauthenticatedError):
        await authenticate("wrong", "192.0.2.1")


async def test_an_address_of_ipv6_is_its_network_of_64_bits() -> None:
    authenticate, _ = authenticating(per_minute=1)
    with pytest.raises(UnauthenticatedError):
        await authenticate("wrong", "2001:db8::1")
    with pytest.raises(TooManyFailuresError):
        await authenticate("wrong", "2001:db8::ffff:1")
    with pytest.raises(UnauthenticatedError):
        await authenticate("wrong", "2001:db8:0:1::1")
