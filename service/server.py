"""The server: granian's workers, and what a person sees at the start."""

import os
import resource
import shlex
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from tempfile import TemporaryDirectory
from threading import Thread

import structlog
from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from granian.server.mp import MPServer

from service.embedded import KEY_FILE
from service.settings import PREFIX, Settings, SettingsError

log = structlog.get_logger()

# A worker's, for what it undoes and closes once its requests are cancelled.
CLOSING_SECONDS = 8
# A connection takes one, and a transfer that runs another.
_DESCRIPTORS = 65_536


class _Server(MPServer):
    """granian's server, which remembers its workers to tell how they ended."""

    def shutdown(self, exit_code: int = 0) -> None:
        workers = [worker.inner for worker in self.wrks]
        super().shutdown(exit_code)  # type: ignore[no-untyped-call] # granian annotates little
        self.killed = sum(_status(worker) != 0 for worker in workers)


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; then finish what runs, within the shutdown timeout, and undo the rest.

    Returns the exit status: 1 where a worker had to be killed.
    """
    if settings.root_key is None:
        raise SettingsError(f"{PREFIX}ROOT_KEY is missing; it is made for you only with the embedded Postgres.")
    _check_address(settings)
    _check_failpoint(settings)
    # The workers read the same environment, with what was found out since.
    os.environ |= {
        f"{PREFIX}DATABASE_URL": settings.database_url or "",
        f"{PREFIX}ROOT_KEY": settings.root_key or "",
    }
    _warn_of_short_grace(settings)
    _raise_limit_of_descriptors()
    server = _Server(
        "service.worker:create_worker_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=settings.workers,
        loop=Loops.uvloop,
        # Where the version is open, a client that never sends a byte is waited for without end.
        http=HTTPModes.http1,
        websockets=False,
        workers_kill_timeout=settings.shutdown_timeout + CLOSING_SECONDS,
        # At INFO it logs a line for each chunk that is sent to a client that is gone.
        log_level=LogLevels.warning,
    )
    server.on_startup(Thread(target=_greet, args=[settings], daemon=True).start)
    with _shared_figures(settings):
        server.serve()
    if server.killed:
        log.error("workers killed", workers=server.killed, reason="they did not end in time")
        return 1
    return 0


def _warn_of_short_grace(settings: Settings) -> None:
    if settings.body_timeout >= settings.blob_grace:
        log.warning(
            "BODY_TIMEOUT is not below BLOB_GRACE: bytes may be removed while they are downloaded",
            body_timeout=settings.body_timeout,
            blob_grace=settings.blob_grace,
        )


def _raise_limit_of_descriptors() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _status(worker: BaseProcess) -> int | None:
    # Another thread of granian's waits for the worker as well; who comes second learns of the status a little later.
    until = time.monotonic() + 1
    while worker.exitcode is None and time.monotonic() < until:
        time.sleep(0.001)
    return worker.exitcode


@contextmanager
def _shared_figures(settings: Settings) -> Iterator[None]:
    if settings.workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="fileport-metrics-") as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
        yield


def _check_address(settings: Settings) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "which is no name of a host"
        raise SettingsError(
            f"{PREFIX}HOST and {PREFIX}PORT: cannot listen on {settings.host}:{settings.port}, {reason}."
        ) from error


def _check_failpoint(settings: Settings) -> None:
    if settings.failpoint is not None:
        from service.failpoints import read_failpoint  # noqa: PLC0415 - absent from a normal start

        read_failpoint(settings.failpoint)


def _greet(settings: Settings) -> None:
    # granian tells when it starts its workers, but not when they listen.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - from any to this one
    while True:
        try:
            socket.create_connection((host, settings.port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            sys.stderr.write(f"{_greeting(settings)}\n")
            return


def _greeting(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{settings.port}"
    key_file = settings.data_dir / KEY_FILE
    if not key_file.exists():
        return f"Fileport serves {address}, documented at {address}/schema"
    bearer = f'-H "Authorization: Bearer $(cat {shlex.quote(str(key_file))})"'
    return (
        f"Fileport serves {address}, documented at {address}/schema\n"
        f"The root key is in {key_file}. Try:\n"
        f"  curl {bearer} -T photo.jpg {address}/v1/buckets/default/files/photos/photo.jpg\n"
        f"  curl {bearer} '{address}/v1/files?prefix=photos/'\n"
        f"  curl {bearer} -o copy.jpg {address}/v1/buckets/default/files/photos/photo.jpg"
    )
