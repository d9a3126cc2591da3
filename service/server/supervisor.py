"""The supervisor of the worker processes: they start together, and stop together."""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess

import structlog

log = structlog.get_logger()

_FORK = multiprocessing.get_context("fork")
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


class Supervisor:
    """Runs `work` in `count` processes. Once told to stop, they have `timeout` seconds; then they are killed."""

    def __init__(self, work: Callable[[], None], *, count: int, timeout: float) -> None:
        self._processes = [_FORK.Process(target=_run_worker, args=[work]) for _ in range(count)]
        self._timeout = timeout
        self._is_stopping = False
        self._killed = 0

    def start(self) -> None:
        """Start all workers. From now on SIGTERM, SIGINT and SIGHUP of this process stop them."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOP_SIGNALS)
        try:
            for process in self._processes:
                process.start()
        except OSError:
            self._kill()
            raise
        else:
            for each in _STOP_SIGNALS:
                # `nohup` has the process ignore SIGHUP, which is to stay so.
                if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:
                    signal.signal(each, lambda *_: self.stop())
            signal.signal(signal.SIGALRM, lambda *_: self._kill())
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)

    def join(self) -> int:
        """Wait until all workers have ended; once one ends, stop the others. Return 1 where one failed, else 0."""
        running = list(self._processes)
        while running:
            sentinels = wait([process.sentinel for process in running])
            for process in [each for each in running if each.sentinel in sentinels]:
                process.join()
                running.remove(process)
                if not self._is_stopping:
                    log.error("worker ended", status=process.exitcode)
                    self.stop()
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self._killed:
            log.error("workers killed", workers=self._killed, reason="they did not end in time")
        # SIGTERM ends a worker that does not handle it yet as it ends any process.
        return int(any(process.exitcode not in {0, -signal.SIGTERM} for process in self._processes))

    def stop(self) -> None:
        """Tell all workers to end."""
        if not self._is_stopping:
            self._is_stopping = True
            signal.setitimer(signal.ITIMER_REAL, self._timeout)
            for process in self._alive:
                process.terminate()

    @property
    def _alive(self) -> list[ForkProcess]:
        return [process for process in self._processes if process.is_alive()]

    def _kill(self) -> None:
        for process in self._alive:
            self._killed += 1
            process.kill()


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


def _run_worker(work: Callable[[], None]) -> None:
    end_with_parent()
    # Ctrl-C is for the supervisor, which tells its workers to end.
    os.setpgid(0, 0)
    for each in _STOP_SIGNALS:
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP_SIGNALS)
    work()
