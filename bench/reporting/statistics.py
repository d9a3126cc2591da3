"""Medians and spreads of repeated measurements, and the ratios of two that were taken in turns."""

import statistics
from collections.abc import Sequence

import msgspec


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """The median of some values, the least and the greatest of them."""

    median: float
    least: float
    greatest: float


def spread(values: Sequence[float]) -> Spread:
    """Raises `ValueError` where there are no values."""
    if not values:
        raise ValueError("A spread needs values.")
    return Spread(median=statistics.median(values), least=min(values), greatest=max(values))


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Return the spread of the ratios of each round: both were measured right after each other.

    So what disturbs a machine for longer than one round disturbs both sides, and leaves the ratio.
    """
    return spread([our / their for our, their in zip(ours, theirs, strict=True)])


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the ordered values lie, 0 to 1."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
