"""The embedded PostgreSQL server: started, found again, stopped. Every call blocks."""

import shlex
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from urllib.parse import urlencode

from adapters.embedded.bundle import find_programs
from adapters.embedded.cluster import DATABASE, Cluster
from adapters.embedded.directory import DirectoryLock, make_directory
from adapters.embedded.errors import DataDirectoryError, DirectoryInUseError, EmbeddedPostgresError
from adapters.embedded.owner import find_owner
from adapters.embedded.placement import cluster_place, find_cluster
from adapters.embedded.sockets import PORT, socket_directory

# A recovery after a crash may take a while.
START_SECONDS = 300.0
# The processes of a killed server end by themselves; until then no other server starts.
LEFTOVERS_SECONDS = 10.0
# A server that is started has a process id on a busy machine.
APPEARANCE_SECONDS = 5.0
# A recovery after a crash may take longer, but this one cannot be seen to progress.
ATTACH_SECONDS = 30.0

_POLL_SECONDS = 0.1
# Every commit is on the disk before it is acknowledged. These are the defaults, stated because all promises need them.
_DURABILITY = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# For data that nobody needs after its processes.
_NO_DURABILITY = {"fsync": "off", "synchronous_commit": "on", "full_page_writes": "off"}
_LOGGING = {
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
}


class EmbeddedPostgres:
    """A PostgreSQL of our own, whose files are in `data_dir/postgres`, or where a link of that name leads.

    As a context it starts, and stops at the end. It outlives a service that is killed, and the next one finds it again.
    One that is not durable waits for no disk, and may lose all of its data with the machine.
    """

    def __init__(self, data_dir: Path, *, max_connections: int = 100, is_durable: bool = True) -> None:
        self._data_dir = data_dir.absolute()
        self._max_connections = max_connections
        self._is_durable = is_durable
        self._lock: DirectoryLock | None = None
        self._cluster: Cluster | None = None

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def path(self) -> Path:
        """The directory of PostgreSQL's files."""
        return find_cluster(self._data_dir)

    def start(self) -> str:
        """Start the server, unless it runs, and return the DSN of the database `fileport` in it.

        Raises `DataDirectoryError` where the directory cannot be used or another service uses it, and
        `EmbeddedPostgresError`.
        """
        data_dir = self._data_dir.resolve()
        make_directory(data_dir)
        lock = DirectoryLock(data_dir)
        lock.acquire()
        try:
            owner = find_owner(find_cluster(data_dir))
            programs = find_programs(owner)
            with cluster_place(data_dir, owner) as path:
                cluster = Cluster(path, owner, programs)
                cluster.create(is_durable=self._is_durable)
            self._ensure_running(cluster)
        except BaseException:
            lock.release()
            raise
        self._lock, self._cluster = lock, cluster
        return _dsn(cluster)

    def attach(self) -> str:
        """As `start`, for an audit: make no database, and share the server of a service that runs.

        A server that this starts keeps services away until `stop`; the server of a service may stop at any time.
        Raises `DataDirectoryError` where there is no database.
        """
        path = find_cluster(self._data_dir)
        if not path.exists():
            raise DataDirectoryError(f"There is no {path}: set the FILEPORT_DATA_DIR that the service has.")
        began = time.monotonic()
        while True:
            try:
                return self.start()
            except DirectoryInUseError:
                owner = find_owner(path)
                cluster = Cluster(path, owner, find_programs(owner))
                if cluster.is_running() and cluster.answers():
                    return _dsn(cluster)
                if time.monotonic() > began + ATTACH_SECONDS:
                    raise
            time.sleep(_POLL_SECONDS)  # the service that uses it is on its way up, or down

    def is_running(self) -> bool:
        """Return whether the server, which was started, runs; one that recovers runs, too."""
        return self._cluster is not None and self._cluster.is_running()

    def answers(self) -> bool:
        """Return whether the server takes connections."""
        return self._cluster is not None and self._cluster.answers()

    def start_again(self) -> None:
        """Start the server, which has ended by itself, with the same DSN. Its recovery may go on, or fail, later."""
        if self._cluster is not None:
            self._cluster.start(self._options(self._cluster), wait=False)
            began = time.monotonic()
            # Until it is seen, `stop` would not find it.
            while not self._cluster.is_running() and time.monotonic() < began + APPEARANCE_SECONDS:
                time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Stop the server, if it was started, and release the data directory."""
        if self._cluster is not None and self._lock is not None:
            sockets = self._cluster.socket_directory()
            self._cluster.stop()
            if sockets and sockets != str(self._cluster.path):
                with suppress(OSError):  # it stays if it holds other files
                    Path(sockets).rmdir()
            self._lock.release()
        self._cluster = self._lock = None

    def _ensure_running(self, cluster: Cluster) -> None:
        began = time.monotonic()
        timeout = START_SECONDS
        while time.monotonic() < began + timeout:
            if not cluster.is_running() and not cluster.start(self._options(cluster)):
                timeout = LEFTOVERS_SECONDS
            elif cluster.answers():
                return
            time.sleep(_POLL_SECONDS)  # a server that was found may be on its way up, or down
        logs = f"{cluster.path / 'startup.log'} and those in {cluster.path / 'log'}"
        raise EmbeddedPostgresError(f"PostgreSQL did not start; its logs are {logs}.")

    def _options(self, cluster: Cluster) -> str:
        settings = {
            "listen_addresses": "",
            "port": PORT,
            "unix_socket_directories": socket_directory(cluster.path, cluster.owner),
            "unix_socket_permissions": "0700",
            "max_connections": self._max_connections,
            "timezone": "UTC",
            "log_timezone": "UTC",
            **(_DURABILITY if self._is_durable else _NO_DURABILITY),
            **_LOGGING,
        }
        pairs = [cluster.mark, *(f"{name}={value}" for name, value in settings.items())]
        return " ".join(f"-c {shlex.quote(pair)}" for pair in pairs)


def _dsn(cluster: Cluster) -> str:
    query = urlencode({"host": cluster.socket_directory(), "port": PORT})
    return f"postgresql://postgres@/{DATABASE}?{query}"
