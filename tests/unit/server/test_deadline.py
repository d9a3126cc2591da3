"""Deadlines that move on."""

import asyncio
from typing import Any

from service.server.deadline import Deadline


class Loop(asyncio.SelectorEventLoop):
    """An event loop whose time is set, and whose timers are kept."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.timers = 0

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:  # type: ignore[override] # it is called so
        self.timers += 1
        return super().call_at(when, callback, *args, context=context)

    def turn_at(self, now: float) -> None:
        self.now = now
        self.call_soon(self.stop)
        self.run_forever()


def test_a_deadline_that_moves_on_needs_no_timer_of_its_own() -> None:
    loop = Loop()
    calls: list[str] = []
    deadline = Deadline(loop)
    for second in range(9):
        loop.turn_at(second)
        deadline.stop()
        deadline.set(10, calls.append, f"set at {second}")
    assert loop.timers == 1
    loop.turn_at(10)
    loop.turn_at(17.9)
    assert calls == []
    loop.turn_at(18)
    assert calls == ["set at 8"]
    assert loop.timers == 2
    assert not deadline.is_set
    loop.close()


def test_an_earlier_deadline_is_not_late() -> None:
    loop = Loop()
    calls: list[str] = []
    deadline = Deadline(loop)
    deadline.set(60, calls.append, "late")
    deadline.set(2, calls.append, "early")
    loop.turn_at(2)
    assert calls == ["early"]
    loop.turn_at(100)
    assert calls == ["early"]
    loop.close()


def test_nothing_is_called_once_it_is_stopped_or_closed() -> None:
    loop = Loop()
    calls: list[str] = []
    stopped, closed = Deadline(loop), Deadline(loop)
    stopped.set(2, calls.append, "stopped")
    stopped.stop()
    closed.set(2, calls.append, "closed")
    closed.close()
    loop.turn_at(10)
    assert calls == []
    loop.close()
