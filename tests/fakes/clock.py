"""A clock that tests turn."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Stands still until it is told to advance."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def in_(self, seconds: float) -> datetime:
        return self._now + timedelta(seconds=seconds)

    def has_passed(self, time: datetime | None) -> bool:
        """Tell whether the time has come; None never comes."""
        return time is not None and time <= self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
