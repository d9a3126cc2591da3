"""Medians and spreads, and ratios of what was measured in turns."""

import pytest

from bench.reporting.statistics import Spread, percentile, ratios, spread


def test_a_spread_has_the_median_and_both_ends() -> None:
    assert spread([5, 1, 9, 2, 3]) == Spread(median=3, least=1, greatest=9)


def test_a_spread_needs_values() -> None:
    with pytest.raises(ValueError, match="needs values"):
        spread([])


def test_ratios_are_taken_round_by_round() -> None:
    # In the second round the machine was slow for both sides: the ratio stays.
    assert ratios([100, 10, 100], [50, 5, 50]) == Spread(median=2, least=2, greatest=2)


def test_ratios_need_the_same_number_of_rounds() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratios([1, 2], [1])


@pytest.mark.parametrize(("share", "expected"), [(0, 0), (0.5, 50), (0.99, 99), (1, 99)])
def test_a_percentile_is_a_value_that_was_measured(share: float, expected: int) -> None:
    assert percentile(range(100), share) == expected
