"""A work, as data."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from bench.reporting.samples import Sample

if TYPE_CHECKING:
    from bench.stage import Stage

# Takes the stage, the name of the side, and the number of the round, 0 for a warm-up that is not counted.
Measure = Callable[["Stage", str, int], Sample]


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """In each round, each side in its turn. An `optional` side may be missing or fail: one in a container."""

    name: str
    title: str
    unit: str
    sides: tuple[str, ...]
    measure: Measure
    optional: tuple[str, ...] = ()
    has_warm_up: bool = True
    rounds: int | None = None
