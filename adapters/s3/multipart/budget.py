"""Limits on the bytes of parts that are held in memory."""

from collections import deque
from typing import NamedTuple

from anyio import Event


class _Waiting(NamedTuple):
    amount: int
    granted: Event


class Budget:
    """The bytes that may be held at once, granted in the order of the requests.

    A request for more than the whole budget gets all of it.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self._waiting: deque[_Waiting] = deque()
        self.held = 0
        self.peak = 0

    async def acquire(self, amount: int) -> int:
        """Wait for `amount`, and return the amount to release: the whole budget, where `amount` is more."""
        waiting = _Waiting(min(amount, self.total), Event())
        self._waiting.append(waiting)
        self._serve()
        try:
            await waiting.granted.wait()
        except BaseException:
            if waiting.granted.is_set():
                self.release(waiting.amount)
            else:
                self._waiting.remove(waiting)
                self._serve()
            raise
        return waiting.amount

    def try_acquire(self, amount: int) -> bool:
        """Take `amount` if it is there now and nobody waits for it; return whether it was."""
        if self._waiting or self.held + amount > self.total:
            return False
        self._take(amount)
        return True

    def release(self, amount: int) -> None:
        """Give back the amount that `acquire` returned."""
        self.held -= amount
        self._serve()

    def _serve(self) -> None:
        while self._waiting and self.held + self._waiting[0].amount <= self.total:
            waiting = self._waiting.popleft()
            self._take(waiting.amount)
            waiting.granted.set()

    def _take(self, amount: int) -> None:
        self.held += amount
        self.peak = max(self.peak, self.held)
