"""Token buckets: so many at once, and so many a second in the long run."""

from domain.values.token_buckets import Taken, TokenBuckets
from tests.fakes.clock import FakeClock


def test_a_bucket_gives_what_it_holds_and_then_what_it_gains() -> None:
    clock = FakeClock()
    buckets = TokenBuckets(clock)
    taken = [buckets.take("a", size=3, a_second=2) for _ in range(5)]
    assert taken == [Taken(2), Taken(1), Taken(0), Taken(0, wait=0.5), Taken(0, wait=0.5)]
    clock.advance(0.5)
    assert buckets.take("a", size=3, a_second=2) == Taken(0)
    clock.advance(60)
    assert buckets.take("a", size=3, a_second=2) == Taken(2), "it holds no more than its size"


def test_in_the_long_run_a_bucket_gives_what_it_gains() -> None:
    clock = FakeClock()
    buckets = TokenBuckets(clock)
    given = 0
    for _ in range(10_000):
        clock.advance(0.01)
        given += buckets.take("a", size=5, a_second=7).wait == 0
    assert 700 <= given <= 705


def test_each_name_has_a_bucket_of_its_own() -> None:
    buckets = TokenBuckets(FakeClock())
    assert buckets.take("a", size=1, a_second=1).wait == 0
    assert buckets.take("b", size=1, a_second=1).wait == 0
    assert buckets.take("a", size=1, a_second=1).wait == 1


def test_a_clock_that_was_set_back_takes_no_tokens_away() -> None:
    clock = FakeClock()
    buckets = TokenBuckets(clock)
    clock.advance(100)
    buckets.take("a", size=2, a_second=1)
    clock.reset()
    assert buckets.take("a", size=2, a_second=1).wait == 0


def test_a_flood_of_names_takes_bounded_room_and_forgets_the_oldest() -> None:
    buckets = TokenBuckets(FakeClock(), room=100)
    buckets.take("first", size=1, a_second=1)
    for number in range(99):
        buckets.take(f"name {number}", size=1, a_second=1)
    assert buckets.take("first", size=1, a_second=1).wait, "it was used just now"
    for number in range(100_000):
        buckets.take(f"another {number}", size=1, a_second=1)
    assert len(buckets) == 100
    assert not buckets.take("first", size=1, a_second=1).wait


def test_a_token_that_is_given_back_can_be_taken_again_and_none_beyond_the_size() -> None:
    buckets = TokenBuckets(FakeClock())
    buckets.give_back("a", size=1)
    assert len(buckets) == 0
    assert buckets.take("a", size=1, a_second=1).wait == 0
    for _ in range(2):
        buckets.give_back("a", size=1)
    assert buckets.take("a", size=1, a_second=1).wait == 0
    assert buckets.take("a", size=1, a_second=1).wait == 1
