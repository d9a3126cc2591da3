"""Tests that hang: each fails by its name, with the stacks of tasks and threads, and a few of them end the run.

Part of the plugin of every run (`tests/conftest.py`). A signal stops what hangs in Python. What hangs in other code is
left to pytest's faulthandler, which ends the process a little later.
"""

import asyncio
import faulthandler
import signal
import sys
import threading
import time
import traceback
from collections.abc import Generator, Iterator
from types import FrameType
from typing import Any

import pytest

# So many tests that hang have one cause, most likely, and more of them would show nothing new.
MOST_HANGS = 3


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("hang_seconds", "fail a test that takes longer; 0: never", default="0")
    parser.addini("run_seconds", "stop a run that takes longer; 0: never", default="0")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(HangGuard(config))


class HangGuard:
    """Fails tests that take longer than `hang_seconds`, and stops runs that take longer than `run_seconds`."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._test_seconds = float(config.getini("hang_seconds"))
        self._grace = self._test_seconds / 12
        self._run_seconds = float(config.getini("run_seconds"))
        self._begun = time.monotonic()
        self._deadline = 0.0
        self._report: str | None = None
        self._hung: set[str] = set()

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        self._deadline = time.monotonic() + self._test_seconds
        before = signal.signal(signal.SIGALRM, self._give_up)
        try:
            return (yield)
        finally:
            signal.signal(signal.SIGALRM, before)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        yield from self._guarded(item)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        yield from self._guarded(item)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        yield from self._guarded(item)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count what hung, and stop the run where it is enough. With xdist, all reports come to its first process."""
        if report.failed and ("hung", True) in report.user_properties and report.nodeid not in self._hung:
            self._hung.add(report.nodeid)
            if (terminal := self._config.pluginmanager.get_plugin("terminalreporter")) is not None:
                terminal.write_line(f"\nHUNG {report.nodeid}")
        if len(self._hung) == MOST_HANGS:
            self._stop(f"{MOST_HANGS} tests hung")
        elif 0 < self._run_seconds < time.monotonic() - self._begun:
            self._stop(f"the run took longer than {self._run_seconds:g} s")

    def _stop(self, reason: str) -> None:
        (self._config.pluginmanager.get_plugin("dsession") or self._session).shouldstop = reason

    def _guarded(self, item: pytest.Item) -> Generator[None, None, None]:
        self._begin_phase()
        try:
            yield
        finally:
            self._signal_after(0)
            if self._report is not None:
                item.user_properties.append(("hung", True))
                pytest.fail(self._report, pytrace=False)

    def _begin_phase(self) -> None:
        self._report = None
        if self._test_seconds:
            self._signal_after(max(self._deadline - time.monotonic(), self._grace))

    def _signal_after(self, seconds: float) -> None:
        # And again: the exception from one may be lost, in a destructor for example.
        signal.setitimer(signal.ITIMER_REAL, seconds, self._grace)

    def _give_up(self, _: int, frame: FrameType | None) -> None:
        """Cancel the task that the test waits for, so that it cleans up. Where that does not help, leave it behind."""
        if self._report is None:
            self._signal_after(0)
            task = _awaited(frame)
            self._report = f"It hung for {self._test_seconds:g} s.\n\n{_waiting(task)}"
            self._signal_after(self._grace)
            if task is not None:
                task.get_loop().call_soon_threadsafe(task.cancel)
                return
        pytest.fail(self._report, pytrace=False)


def leave_unguarded() -> None:
    """Let the current phase of the test take as long as it takes."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    faulthandler.cancel_dump_traceback_later()


def _awaited(frame: FrameType | None) -> "asyncio.Task[Any] | None":
    """Return the task for whose end the event loop of this thread runs."""
    while frame is not None:
        if frame.f_code.co_name == "run_until_complete" and isinstance(
            task := frame.f_locals.get("future"), asyncio.Task
        ):
            return task
        frame = frame.f_back
    return None


def _waiting(awaited: "asyncio.Task[Any] | None") -> str:
    """Return where the test, the other tasks of its loop, and the threads wait, innermost last."""
    stacks: dict[str, list[str]] = {}
    if awaited is not None:
        for task in (awaited, *(asyncio.all_tasks(awaited.get_loop()) - {awaited})):
            stack = traceback.StackSummary.extract(_frames_of(task.get_coro()))
            stacks.setdefault("".join(stack.format()), []).append("the test" if task is awaited else task.get_name())
    frames = sys._current_frames()  # noqa: SLF001 - no public function gives other threads' stacks
    for thread in threading.enumerate():
        if (frame := frames.get(thread.ident or 0)) is not None:
            stacks.setdefault("".join(traceback.format_stack(frame)), []).append(f"thread {thread.name}")
    return "\n".join(f"{', '.join(names)}:\n{stack}" for stack, names in stacks.items())


def _frames_of(awaitable: Any) -> Iterator[tuple[FrameType, int]]:
    """Yield the frames of a suspended coroutine, and of what it awaits."""
    while awaitable is not None:
        prefix = next((each for each in ("cr", "ag", "gi") if hasattr(awaitable, f"{each}_frame")), None)
        if prefix is None:
            return
        frame: FrameType | None = getattr(awaitable, f"{prefix}_frame")
        if frame is not None:
            yield frame, frame.f_lineno
        awaitable = getattr(awaitable, f"{prefix}_{'yieldfrom' if prefix == 'gi' else 'await'}")
