"""What a run has started: the database, the stores and the sides, each on first use, all stopped at the end."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec

from adapters.embedded import EmbeddedPostgres
from bench.ceilings.s3 import BUCKET
from bench.machine import Cores, find_cores, stay_on
from bench.sides import ceilings, fileport, guides
from bench.sides.side import CHUNK, Side
from bench.sides.stores import LocalStack, StandIn

_CONNECTIONS = 300
# The same order of texts as Fileport's own database has.
_CREATE = (
    "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' "
    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'"
)


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """How much is done: rounds of so many seconds, one large file, files to list from, transfers at once.

    `samples`: how many small files of one size are read in turns.
    """

    rounds: int
    seconds: float
    connections: int
    large_mebibytes: int
    listed: int
    transfers: int
    samples: int
    has_wrk: bool = True

    @property
    def large(self) -> int:
        return self.large_mebibytes * len(CHUNK)


class Stage:
    """`directory` is on the disk to be measured, and has a short path."""

    def __init__(self, directory: Path, database_url: str, cores: Cores, scale: Scale, stack: ExitStack) -> None:
        self.directory = directory
        self.cores = cores
        self.scale = scale
        self._database_url = database_url
        self._stack = stack
        self._sides: dict[str, Side] = {}
        self._databases: dict[str, str] = {}
        self._stores: dict[str, str] = {}

    def side(self, name: str) -> Side:
        """Return the side, started where this is the first use. Raises `StartError`."""
        if name not in self._sides:
            side = _SIDES[name](self, name)
            self._stack.callback(side.stop)
            self._sides[name] = side
        return self._sides[name]

    def has_side(self, name: str) -> bool:
        return name in self._sides

    def database(self, name: str) -> str:
        """Return the DSN of a database of that name, made where there is none."""
        if name not in self._databases:
            asyncio.run(_execute(self._database_url, _CREATE.format(name=name)))
            self._databases[name] = urlunsplit(urlsplit(self._database_url)._replace(path=f"/{name}"))
        return self._databases[name]

    def s3(self, name: str) -> str:
        """Return the endpoint of `stand-in` or `localstack`. Raises `StartError`."""
        if name not in self._stores:
            store = StandIn(self.directory, self.cores) if name == "stand-in" else LocalStack()
            self._stack.callback(store.stop)
            self._stores[name] = store.endpoint_url
        return self._stores[name]

    def large_file(self) -> Path:
        """Return a file of the large size, which the system has cached."""
        path = self.directory / "large" / "file"
        if not path.exists():
            path.parent.mkdir()
            path.parent.chmod(0o755)
            with path.open("wb") as file:
                for _ in range(self.scale.large_mebibytes):
                    file.write(CHUNK)
            path.chmod(0o644)
        return path


@contextmanager
def set_up(parent: Path | None, scale: Scale) -> Iterator[Stage]:
    """Start the database, and stop all that is started later at the end."""
    cores = find_cores()
    with ExitStack() as stack:
        directory = Path(tempfile.mkdtemp(prefix="fp-bench-", dir=parent))
        stack.callback(shutil.rmtree, directory, ignore_errors=True)
        # Where root runs the bench, the embedded Postgres has another user, which needs access to the directory.
        directory.chmod(0o755)
        database_url = stack.enter_context(EmbeddedPostgres(directory / "database", max_connections=_CONNECTIONS))
        # From here on, so that Postgres has all of them.
        stay_on(cores.client)
        stack.callback(stay_on, cores.all)
        fileport.compile_all(directory)
        yield Stage(directory, database_url, cores, scale, stack)


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _database_name(name: str) -> str:
    return name.replace("-", "_")


def _fileport(store: str | None = None, workers: int = 1) -> Callable[[Stage, str], Side]:
    def start(stage: Stage, name: str) -> Side:
        chosen = {"DATABASE_URL": stage.database(_database_name(name)), "WORKERS": str(workers)}
        if store is not None:
            chosen |= {"S3_BUCKET": BUCKET, "S3_ENDPOINT_URL": stage.s3(store)}
        # Two workers go where they like.
        cores = stage.cores.server if name not in {"fileport-1-worker", "fileport-2-workers"} else stage.cores.all
        return fileport.start(name, stage.directory / name, chosen, cores)

    return start


def _guides(store: str | None = None) -> Callable[[Stage, str], Side]:
    def start(stage: Stage, name: str) -> Side:
        chosen = {} if store is None else {"GUIDES_BUCKET": BUCKET, "GUIDES_ENDPOINT_URL": stage.s3(store)}
        database_url = stage.database(_database_name(name))
        return guides.start(name, stage.directory / name, database_url, chosen, stage.cores.server)

    return start


def _app(app: str) -> Callable[[Stage, str], Side]:
    def start(stage: Stage, name: str) -> Side:
        # They read the rows of the guides' stack, whose start makes the table.
        stage.side("guides-disk")
        return ceilings.start_app(name, app, stage.directory, stage.database("guides_disk"), stage.cores.server)

    return start


_SIDES: dict[str, Callable[[Stage, str], Side]] = {
    "fileport-disk": _fileport(),
    "fileport-s3": _fileport("stand-in"),
    "fileport-localstack": _fileport("localstack"),
    "fileport-listed": _fileport(),
    "fileport-1-worker": _fileport(),
    "fileport-2-workers": _fileport(workers=2),
    "guides-disk": _guides(),
    "guides-s3": _guides("stand-in"),
    "guides-listed": _guides(),
    "litestar": _app("litestar_app"),
    "asgi": _app("asgi_app"),
    "nginx": lambda stage, name: ceilings.start_nginx(
        name, stage.directory / name, stage.large_file(), stage.cores.server
    ),
    "sendfile": lambda stage, name: ceilings.start_sendfile(
        name, stage.directory, stage.large_file(), stage.cores.server
    ),
}
