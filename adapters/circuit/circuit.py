"""The circuit breaker: the memory of failures of a part that may be down."""

import math
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from domain.values.clock import Clock


class Circuit:
    """Closed while the part works, open while it is known to be down. Durations in seconds.

    It opens after `failures` in a row, for `pause`, and for twice as long each time that a probe fails, up to
    `longest_pause`. Each pause is shortened by up to a half, at random, so that replicas do not ask together. Any
    success closes it. A failure counts only in the state in which its call began: those in flight when it opened
    neither lengthen its pause nor open it again.

    `on_change` is told of each opening (True) and each closing (False). It is for one event loop, not for threads.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        failures: int = 3,
        pause: float = 1,
        longest_pause: float = 10,
        on_change: Callable[[bool], None] | None = None,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._failures = failures
        self._first_pause = pause
        self._longest_pause = longest_pause
        self._on_change = on_change
        self._draw = draw
        self._in_a_row = 0
        self._pause = pause
        self._probe_at = 0.0
        self._is_probing = False
        self.is_open = False
        # The number of changes so far, which identifies the present state.
        self.generation = 0

    @property
    def is_probe_due(self) -> bool:
        """Whether the pause of an open circuit is over, and no call probes yet."""
        return not self._is_probing and self._clock.monotonic() >= self._probe_at

    @property
    def retry_after(self) -> int:
        """The whole seconds until the next probe, 1 at least."""
        return max(1, math.ceil(self._probe_at - self._clock.monotonic()))

    @contextmanager
    def probing(self) -> Iterator[None]:
        """Mark the context as the only probe. Without `succeeded` or `failed` in it, the next call probes."""
        self._is_probing = True
        try:
            yield
        finally:
            self._is_probing = False

    def succeeded(self) -> None:
        """Count a success."""
        self._in_a_row = 0
        if self.is_open:
            self._pause = self._first_pause
            self._turn(is_open=False)

    def failed(self, generation: int) -> None:
        """Count a failure of a call that began in `generation`."""
        if generation != self.generation:
            return
        if self.is_open:  # then it was the probe's
            self._pause = min(2 * self._pause, self._longest_pause)
            self._rest()
            return
        self._in_a_row += 1
        if self._in_a_row >= self._failures:
            self._rest()
            self._turn(is_open=True)

    def _rest(self) -> None:
        self._probe_at = self._clock.monotonic() + self._pause * (1 - self._draw() / 2)

    def _turn(self, *, is_open: bool) -> None:
        self._in_a_row = 0
        self.generation += 1
        self.is_open = is_open
        if self._on_change is not None:
            self._on_change(is_open)
