"""How often a process that has ended is started again."""

import time
from collections.abc import Callable

_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 30.0
# A process that has run for so many seconds is sound again.
_SOUND_SECONDS = 300.0


class Restarts:
    """Allows `most` restarts in a row, after pauses that double. They count anew once the process was sound."""

    def __init__(self, *, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._in_a_row = 0
        self._last_end = clock()

    def next_pause(self) -> float | None:
        """Return the seconds to wait before the process, which has ended, is started; None where it is given up."""
        now = self._clock()
        if now - self._last_end > _SOUND_SECONDS:
            self._in_a_row = 0
        self._last_end = now
        if self._in_a_row == self._most:
            return None
        self._in_a_row += 1
        return min(_FIRST_PAUSE * 2.0 ** (self._in_a_row - 1), _LONGEST_PAUSE)
