"""The clock of this process."""

from typing import Protocol


class Clock(Protocol):
    """Tells how time passes. What time it is, the catalog decides: its clock is the same for all replicas."""

    def monotonic(self) -> float:
        """Return seconds since some moment, never going back."""
        ...
