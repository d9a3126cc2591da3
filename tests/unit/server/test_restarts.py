"""The pauses and the bound of restarts."""

import pytest

from service.server.restarts import Restarts


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_pauses_double_up_to_half_a_minute_and_then_it_is_enough(clock: Clock) -> None:
    restarts = Restarts(most=9, clock=clock)
    pauses = [restarts.next_pause() for _ in range(11)]
    assert pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, None, None]


def test_after_a_sound_time_restarts_count_anew(clock: Clock) -> None:
    restarts = Restarts(most=2, clock=clock)
    assert [restarts.next_pause() for _ in range(2)] == [0.25, 0.5]
    clock.now += 301
    assert [restarts.next_pause() for _ in range(3)] == [0.25, 0.5, None]


def test_a_process_that_always_lasts_a_while_is_given_up_as_well(clock: Clock) -> None:
    restarts = Restarts(most=3, clock=clock)
    pauses = []
    for _ in range(4):
        clock.now += 299
        pauses.append(restarts.next_pause())
    assert pauses == [0.25, 0.5, 1.0, None]
