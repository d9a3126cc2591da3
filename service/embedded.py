"""The embedded stack, which needs no other service: a Postgres, a root key and a service secret in a directory."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import structlog

from adapters.embedded import EmbeddedPostgres
from service.environment import PREFIX, SettingsError
from service.postgres_watch import PostgresWatch
from service.settings import Settings

log = structlog.get_logger()

KEY_FILE = "root.key"
SECRET_FILE = "service.secret"
# For people, for fsck, and for PostgreSQL itself.
SPARE_CONNECTIONS = 20


class StartedStack(msgspec.Struct, frozen=True, kw_only=True):
    """Complete settings, and a check to call every second: False means that the stack is lost."""

    settings: Settings
    watch: Callable[[], bool] = lambda: True


@contextmanager
def started_stack(settings: Settings) -> Iterator[StartedStack]:
    """Give a complete stack: where no database is configured, start the bundled one, and stop it at the end."""
    if not settings.is_embedded:
        yield StartedStack(settings=settings)
        return
    with stack_on(bundled_postgres(settings), settings) as stack:
        yield stack


def bundled_postgres(settings: Settings, *, is_durable: bool = True) -> EmbeddedPostgres:
    """Return the bundled Postgres, not started, with connections for all workers."""
    # Of each worker, one more is for health, and one hears of changes of keys.
    connections = settings.workers * (settings.database_pool_size + 2) + SPARE_CONNECTIONS
    return EmbeddedPostgres(settings.data_dir, max_connections=connections, is_durable=is_durable)


@contextmanager
def stack_on(postgres: EmbeddedPostgres, settings: Settings) -> Iterator[StartedStack]:
    """Start `postgres`, give the complete stack, and stop it at the end."""
    # Postgres comes first: it checks the data directory.
    with postgres as database_url:
        if postgres.path.parent != settings.data_dir.resolve():
            log.info("PostgreSQL's files are not in the data directory", path=str(postgres.path))
        complete = msgspec.structs.replace(
            settings,
            database_url=database_url,
            root_key=settings.root_key or keep_secret(settings.data_dir / KEY_FILE, prefix="fp_"),
            service_secret=settings.service_secret or keep_secret(settings.data_dir / SECRET_FILE),
        )
        yield StartedStack(settings=complete, watch=PostgresWatch(postgres))


@contextmanager
def found_stack(settings: Settings) -> Iterator[Settings]:
    """Give complete settings for a look at an existing stack, whether a service uses it or not. Create nothing."""
    if not settings.is_embedded:
        yield settings
        return
    postgres = EmbeddedPostgres(settings.data_dir)
    try:
        yield msgspec.structs.replace(settings, database_url=postgres.attach())
    finally:
        postgres.stop()


def with_service_secret(settings: Settings) -> Settings:
    """Return the settings with the service secret that the embedded stack keeps, where none is set.

    Raises `SettingsError` where there is none.
    """
    if settings.service_secret is not None:
        return settings
    path = settings.data_dir / SECRET_FILE
    if not settings.is_embedded or not path.exists():
        raise SettingsError(f"{PREFIX}SERVICE_SECRET is missing; fileport serve makes one with the embedded Postgres.")
    return msgspec.structs.replace(settings, service_secret=_read_secret(path))


def keep_secret(path: Path, *, prefix: str = "") -> str:
    """Return the secret in the file `path`; where there is no such file, make one that only its owner may read.

    A new one is `prefix` and 256 random bits.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600)
    except FileExistsError:
        return _read_secret(path)
    except OSError as error:
        raise _unusable(path, error) from error
    secret = prefix + secrets.token_urlsafe(32)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{secret}\n")
    except OSError as error:
        path.unlink()  # the next start would take it for the secret's file
        raise _unusable(path, error) from error
    return secret


def _read_secret(path: Path) -> str:
    try:
        secret = path.read_text().strip()
    except OSError as error:
        raise _unusable(path, error) from error
    if not secret:
        raise SettingsError(f"{path} is empty: remove it, and a new secret is made.")
    return secret


def _unusable(path: Path, error: OSError) -> SettingsError:
    return SettingsError(f"{path} cannot be used, {error.strerror}: see {PREFIX}DATA_DIR.")
