"""The clock of this process."""

from typing import Protocol


class Clock(Protocol):
    """Measures durations. The time of day is the catalog's: its clock is the same for all replicas."""

    def monotonic(self) -> float:
        """Return the seconds since a fixed moment. They never decrease."""
        ...
