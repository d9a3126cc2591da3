"""A worker of the server: one process, one event loop, one application."""

import ctypes
import multiprocessing
import os
import signal
import sys

import structlog
from litestar.types import ASGIApp

from service.app import create_app
from service.container import make_container
from service.draining import drain_on_sigterm
from service.http.running import RunningRequests
from service.logs import configure_logs
from service.retries import observe_retries
from service.settings import read_settings

_PR_SET_PDEATHSIG = 1


def create_worker_app() -> ASGIApp:
    """Return the application that the environment's settings describe."""
    end_with_parent()
    _leave_terminal()
    settings = read_settings(os.environ)
    configure_logs(level=settings.log_level, format_=settings.log_format)
    observe_retries()
    if settings.failpoint is not None:
        _arm(settings.failpoint)
    requests = RunningRequests()
    app = create_app(make_container(settings), settings, requests)
    return drain_on_sigterm(app, requests, port=settings.port, patience=settings.shutdown_timeout)


def _arm(failpoint: str) -> None:
    from service.failpoints import arm, read_failpoint  # noqa: PLC0415 - absent from a normal start

    arm(read_failpoint(failpoint))
    structlog.get_logger().warning("failpoint armed", failpoint=failpoint)


def end_with_parent() -> None:
    """End this process as soon as the server that made it has ended."""
    # Workers of a server that was killed would keep its port and its data directory. Nobody is left to end them
    # after a while if they drained, so they end as their parent did. Only Linux can do that.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # Of a parent that was killed before, no signal comes any more.
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid != os.getppid():
        os.kill(os.getpid(), signal.SIGKILL)


def _leave_terminal() -> None:
    # Ctrl-C is for the server, which tells its workers to end.
    os.setpgid(0, 0)
