"""The supervisor of the worker processes: they start together, are started again when they die, and stop together."""

import ctypes
import mmap
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess

import structlog

from service.server.restarts import Restarts

log = structlog.get_logger()

_FORK = multiprocessing.get_context("fork")
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1
_WATCH_SECONDS = 1.0
# In a row, for each worker.
_MOST_RESTARTS = 5

# The work of a worker gets its number, from 0 on, and a function to call once it serves.
Work = Callable[[int, Callable[[], None]], None]


class Supervisor:
    """Runs `work` in `count` processes. One that ends by itself is started again, a bounded number of times in a row.

    Once told to stop, they have `timeout` seconds; then they are killed. The supervisor keeps `listeners` open while no
    worker accepts connections on them, and closes them when it stops. `watch` is called every second; where it returns
    False, all workers are stopped. `on_restart` is called with number and process id of each worker that is replaced.
    """

    def __init__(
        self,
        work: Work,
        listeners: Sequence[socket.socket],
        *,
        count: int,
        timeout: float,
        watch: Callable[[], bool] = lambda: True,
        on_restart: Callable[[int, int], None] = lambda *_: None,
    ) -> None:
        self._work = work
        self._listeners = listeners
        self._timeout = timeout
        self._watch = watch
        self._on_restart = on_restart
        # By the number of each worker: its process, or the time at which it is started again.
        self._running: dict[int, ForkProcess] = {}
        self._due: dict[int, float] = {}
        self._restarts = [Restarts(most=_MOST_RESTARTS) for _ in range(count)]
        # Shared with the workers: whether one has ever served.
        self._served = mmap.mmap(-1, 1)
        self._is_stopping = False
        self._has_failed = False
        self._killed = 0

    def start(self) -> None:
        """Start all workers. From now on SIGTERM, SIGINT and SIGHUP of this process stop them."""
        with _stop_signals_blocked():
            try:
                for number in range(len(self._restarts)):
                    self._start(number)
            except OSError:
                self._kill()
                raise
            for each in _STOP_SIGNALS:
                # `nohup` has the process ignore SIGHUP, which is to stay so.
                if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:
                    signal.signal(each, lambda *_: self.stop())
            signal.signal(signal.SIGALRM, lambda *_: self._kill())

    def join(self) -> int:
        """Wait until all workers have ended for good. Return 1 where one failed or `watch` did, else 0."""
        while self._running or self._due:
            wait([process.sentinel for process in self._running.values()], self._until_next_look())
            for number, process in list(self._running.items()):
                if not process.is_alive():
                    del self._running[number]
                    self._ended(number, process)
            for number, moment in list(self._due.items()):
                if moment <= time.monotonic():
                    self._start_again(number)
            if not self._is_stopping and not self._watch():
                self._fail()
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self._killed:
            log.error("workers killed", workers=self._killed, reason="they did not end in time")
        return int(self._has_failed)

    def stop(self) -> None:
        """Tell all workers to end."""
        if not self._is_stopping:
            self._is_stopping = True
            self._due.clear()
            for listener in self._listeners:
                listener.close()
            signal.setitimer(signal.ITIMER_REAL, self._timeout)
            for process in self._alive:
                process.terminate()

    @property
    def _alive(self) -> list[ForkProcess]:
        return [process for process in self._running.values() if process.is_alive()]

    def _until_next_look(self) -> float:
        return max(0, min([_WATCH_SECONDS, *(moment - time.monotonic() for moment in self._due.values())]))

    def _start(self, number: int) -> None:
        process = _FORK.Process(target=_run_worker, args=[self._work, number, self._served])
        process.start()
        self._running[number] = process

    def _ended(self, number: int, process: ForkProcess) -> None:
        status = process.exitcode
        if self._is_stopping:
            # SIGTERM ends a worker that does not handle it yet as it ends any process.
            self._has_failed |= status not in {0, -signal.SIGTERM}
            return
        log.error("worker ended", worker=process.pid, status=status)
        # A worker that exits before any has served would meet the same reason again.
        if status is not None and status > 0 and not self._served[0]:
            self._fail()
            return
        if process.pid is not None:
            self._on_restart(number, process.pid)
        self._schedule(number)

    def _schedule(self, number: int) -> None:
        pause = self._restarts[number].next_pause()
        if pause is None:
            log.error("a worker ended too often, so the server ends", restarts=_MOST_RESTARTS)
            self._fail()
        else:
            self._due[number] = time.monotonic() + pause

    def _start_again(self, number: int) -> None:
        with _stop_signals_blocked():
            if self._due.pop(number, None) is None or self._is_stopping:
                return
            try:
                self._start(number)
            except OSError as error:
                log.error("a worker cannot be started", reason=error.strerror)  # noqa: TRY400 - no traceback: it says no more
                self._schedule(number)
            else:
                log.warning("worker started again", worker=self._running[number].pid)

    def _fail(self) -> None:
        self._has_failed = True
        self.stop()

    def _kill(self) -> None:
        for process in self._alive:
            self._killed += 1
            process.kill()


@contextmanager
def _stop_signals_blocked() -> Iterator[None]:
    """Hold back the signals that stop the supervisor, so that they meet no worker that is half started."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_parent() -> None:
    """End this process as soon as its parent has ended."""
    # Workers that outlive a killed supervisor would keep its port and its data directory. A graceful shutdown would
    # have nobody to enforce its timeout, so they are killed, too. Only Linux can do that.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # A parent that was killed earlier causes no signal.
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid != os.getppid():
        os.kill(os.getpid(), signal.SIGKILL)


def _run_worker(work: Work, number: int, served: mmap.mmap) -> None:
    end_with_parent()
    # Ctrl-C is for the supervisor, which tells its workers to end.
    os.setpgid(0, 0)
    for each in _STOP_SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
    work(number, lambda: served.__setitem__(0, 1))
