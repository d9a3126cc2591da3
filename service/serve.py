"""`fileport serve`: check the settings, start the workers on one address, and greet the person who started them."""

import resource
import shlex
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from threading import Thread

import structlog

from service.embedded import KEY_FILE
from service.environment import PREFIX, SettingsError
from service.heap import share_with_forks
from service.observability.shared_metrics import WORKER_RESTARTS, forget_worker, sharing_metrics
from service.server.connection_shares import ConnectionShares
from service.server.listener import bind
from service.server.supervisor import Supervisor
from service.settings import Settings

log = structlog.get_logger()

# The time a worker has to undo and close, once its requests are cancelled.
CLOSING_SECONDS = 8
# Imports of each worker that may come before it. The figures may not: see `_work`.
_FRAMEWORKS = ("dishka.integrations.litestar", "litestar", "uvicorn", "uvloop")
# A connection takes one descriptor, and its transfer another.
_DESCRIPTORS = 65_536


def serve(settings: Settings, watch: Callable[[], bool]) -> int:
    """Serve until SIGTERM or SIGINT; then finish the requests in flight within the shutdown timeout, undo the rest.

    End as well where `watch`, which is called every second, returns False. Return the exit status: 1 where that was
    so, where a worker ended too often, and where one had to be killed.
    """
    if settings.root_key is None:
        raise SettingsError(f"{PREFIX}ROOT_KEY is missing; it is made for you only with the embedded Postgres.")
    if settings.service_secret is None:
        raise SettingsError(f"{PREFIX}SERVICE_SECRET is missing; it is made for you only with the embedded Postgres.")
    _warn_of_short_grace(settings)
    _raise_descriptor_limit()
    with sharing_metrics(settings.workers), ExitStack() as open_sockets:
        listeners = [open_sockets.enter_context(each) for each in _listen(settings)]
        shares = ConnectionShares(settings.workers)
        supervisor = Supervisor(
            partial(_work, settings, listeners, shares),
            listeners,
            count=settings.workers,
            timeout=settings.shutdown_timeout + CLOSING_SECONDS,
            watch=watch,
            on_restart=partial(_count_restart, shares),
        )
        share_with_forks(*_FRAMEWORKS)
        supervisor.start()
        Thread(target=_greet, args=[settings], daemon=True).start()
        return supervisor.join()


def _work(
    settings: Settings,
    listeners: Sequence[socket.socket],
    shares: ConnectionShares,
    number: int,
    on_serving: Callable[[], None],
) -> None:
    # Imported in the worker alone: on import prometheus_client looks for the directory that workers share.
    from service.worker import run_worker  # noqa: PLC0415

    run_worker(settings, listeners, shares.of(number), on_serving)


def _count_restart(shares: ConnectionShares, number: int, dead: int) -> None:
    WORKER_RESTARTS.add()
    shares.forget(number)
    forget_worker(dead)


def _warn_of_short_grace(settings: Settings) -> None:
    if settings.body_timeout >= settings.blob_grace:
        log.warning(
            "BODY_TIMEOUT is not below BLOB_GRACE: bytes may be removed while they are downloaded",
            body_timeout=settings.body_timeout,
            blob_grace=settings.blob_grace,
        )


def _raise_descriptor_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _listen(settings: Settings) -> Iterator[socket.socket]:
    for name, port in (("PORT", settings.port), ("S3_PORT", settings.s3_port)):
        if port is None:
            continue
        try:
            yield bind(settings.host, port)
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "which is not a host name"
            raise SettingsError(
                f"{PREFIX}HOST and {PREFIX}{name}: cannot listen on {settings.host}:{port}, {reason}."
            ) from error


def _greet(settings: Settings) -> None:
    # A worker listens once all that it needs has started.
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
    s3 = f"{address}/s3" if settings.s3_port is None else f"http://{host}:{settings.s3_port}"
    served = f"Fileport serves {address}, documented at {address}/schema, and the S3 protocol at {s3}"
    if not key_file.exists():
        return served
    bearer = f'-H "Authorization: Bearer $(cat {shlex.quote(str(key_file))})"'
    return (
        f"{served}\n"
        f"The root key is in {key_file}. Try:\n"
        f"  curl {bearer} -T photo.jpg {address}/v1/buckets/default/files/photos/photo.jpg\n"
        f"  curl {bearer} '{address}/v1/files?prefix=photos/'\n"
        f"  curl {bearer} -o copy.jpg {address}/v1/buckets/default/files/photos/photo.jpg"
    )
