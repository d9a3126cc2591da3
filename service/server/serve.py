"""The server: its address, its workers, and what a person sees at the start."""

import os
import resource
import shlex
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from tempfile import TemporaryDirectory
from threading import Thread

import structlog

from service.embedded import KEY_FILE
from service.server.supervisor import Workers
from service.settings import PREFIX, Settings, SettingsError

log = structlog.get_logger()

# A worker's, for what it undoes and closes once its requests are cancelled.
CLOSING_SECONDS = 8
# A connection takes one, and a transfer that runs another.
_DESCRIPTORS = 65_536


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; then finish what runs, within the shutdown timeout, and undo the rest.

    Returns the exit status: 1 where a worker ended by itself or had to be killed.
    """
    if settings.root_key is None:
        raise SettingsError(f"{PREFIX}ROOT_KEY is missing; it is made for you only with the embedded Postgres.")
    _warn_of_short_grace(settings)
    _raise_limit_of_descriptors()
    with _shared_figures(settings):
        with _bound(settings) as listener:
            timeout = settings.shutdown_timeout + CLOSING_SECONDS
            workers = Workers(partial(_work, settings, listener), count=settings.workers, timeout=timeout)
            workers.start()
        Thread(target=_greet, args=[settings], daemon=True).start()
        return workers.join()


def _work(settings: Settings, listener: socket.socket) -> None:
    # Not before the workers share a directory for their figures, whose library looks for it when it is imported.
    from service.server.worker import serve_worker  # noqa: PLC0415

    serve_worker(settings, listener)


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


@contextmanager
def _shared_figures(settings: Settings) -> Iterator[None]:
    if settings.workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="fileport-metrics-") as directory:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
        yield


def _bound(settings: Settings) -> socket.socket:
    """Return a socket at the server's address. Clients are refused until a worker listens."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with ExitStack() as undoing:
            listener = undoing.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            undoing.pop_all()
            return listener
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "which is no name of a host"
        raise SettingsError(
            f"{PREFIX}HOST and {PREFIX}PORT: cannot listen on {settings.host}:{settings.port}, {reason}."
        ) from error


def _greet(settings: Settings) -> None:
    # A worker listens when all that it needs is there.
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
