"""Deadlines that are set for each request and almost never pass."""

import asyncio
from collections.abc import Callable
from typing import Any


class Deadline:
    """Calls something once its time has come, unless it is set again or stopped before.

    The timer below stays where it is while deadlines move on: to make one for each request costs more than to look at
    the time. It looks at the deadline when it fires.
    """

    __slots__ = ("_at", "_call", "_fires_at", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._at: float | None = None
        self._call: tuple[Callable[..., None], tuple[Any, ...]] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._fires_at = 0.0

    @property
    def is_set(self) -> bool:
        return self._at is not None

    def set(self, seconds: float, callback: Callable[..., None], *arguments: Any) -> None:
        """Call `callback` in so many seconds, and nothing that was to be called before."""
        self._at = self._loop.time() + seconds
        self._call = callback, arguments
        if self._timer is not None and self._fires_at > self._at:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._start_timer(self._at)

    def stop(self) -> None:
        """Call nothing."""
        self._at = self._call = None

    def close(self) -> None:
        """Call nothing, and leave no timer behind."""
        self.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start_timer(self, at: float) -> None:
        self._fires_at = at
        self._timer = self._loop.call_at(at, self._fire)

    def _fire(self) -> None:
        self._timer = None
        at, call = self._at, self._call
        if at is None or call is None:
            return
        # A timer may fire a little early, for clocks are rounded.
        if at > self._fires_at:
            self._start_timer(at)
            return
        self.stop()
        callback, arguments = call
        callback(*arguments)
