"""The worker processes of a server: they begin together, and end together."""

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
_ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_PDEATHSIG = 1


class Workers:
    """Processes that do the same `work`. Once they are told to end, they have `timeout` seconds."""

    def __init__(self, work: Callable[[], None], *, count: int, timeout: float) -> None:
        self._processes = [_FORK.Process(target=_begin, args=[work]) for _ in range(count)]
        self._timeout = timeout
        self._is_ending = False
        self._killed = 0

    def start(self) -> None:
        """Start them all. From now on SIGTERM, SIGINT and SIGHUP of this process tell them to end."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            for process in self._processes:
                process.start()
        except OSError:
            self._kill()
            raise
        else:
            for each in _ENDING:
                # Whom `nohup` started, SIGHUP is to change nothing.
                if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN:
                    signal.signal(each, lambda *_: self.end())
            signal.signal(signal.SIGALRM, lambda *_: self._kill())
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)

    def join(self) -> int:
        """Wait for the end of all, who end as soon as one does. Returns the exit status: 1 where one failed."""
        waiting = list(self._processes)
        while waiting:
            sentinels = wait([process.sentinel for process in waiting])
            for process in [each for each in waiting if each.sentinel in sentinels]:
                process.join()
                waiting.remove(process)
                if not self._is_ending:
                    log.error("worker ended", status=process.exitcode)
                    self.end()
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self._killed:
            log.error("workers killed", workers=self._killed, reason="they did not end in time")
        # One that was not ready yet ends of SIGTERM as any process does.
        return int(any(process.exitcode not in {0, -signal.SIGTERM} for process in self._processes))

    def end(self) -> None:
        """Tell them to end."""
        if not self._is_ending:
            self._is_ending = True
            signal.setitimer(signal.ITIMER_REAL, self._timeout)
            for process in self._running:
                process.terminate()

    @property
    def _running(self) -> list[ForkProcess]:
        return [process for process in self._processes if process.is_alive()]

    def _kill(self) -> None:
        for process in self._running:
            self._killed += 1
            process.kill()


def end_with_parent() -> None:
    """End this process as soon as the one that made it has ended."""
    # Workers of a server that was killed would keep its port and its data directory. Nobody is left to end them
    # after a while if they drained, so they end as their parent did. Only Linux can do that.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Of a parent that was killed before, no signal comes any more.
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid != os.getppid():
        os.kill(os.getpid(), signal.SIGKILL)


def _begin(work: Callable[[], None]) -> None:
    end_with_parent()
    # Ctrl-C is for the server, which tells its workers to end.
    os.setpgid(0, 0)
    for each in _ENDING:
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    work()
