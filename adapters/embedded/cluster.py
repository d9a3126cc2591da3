"""A PostgreSQL cluster: the files of one server, and the programs that handle them. All of it blocks."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from adapters.embedded.bundle import MAJOR_VERSION
from adapters.embedded.errors import DataDirectoryError, EmbeddedPostgresError
from adapters.embedded.owner import Owner
from adapters.embedded.sockets import PORT

DATABASE = "fileport"

_INITDB = (
    "--username=postgres",
    # Only its own user gets to the socket.
    "--auth=trust",
    "--encoding=UTF8",
    # The same on every machine, with any language settings.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
)
# It sorts by code point, as "C" does, and knows the upper and lower case of every script.
_CREATE_DATABASE = f"""
CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'
LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
""".replace("\n", " ")
_PID_LINE, _SOCKET_LINE = 0, 4
_PROCESSES = Path("/proc")


class Cluster:
    """The files at `path`, which belong to `owner`. `programs` is where PostgreSQL's programs are."""

    def __init__(self, path: Path, owner: Owner, programs: Path) -> None:
        self.path = path
        self.owner = owner
        self._programs = programs
        # A setting that means nothing to PostgreSQL: by it we know our server among the processes.
        self.mark = f"fileport.cluster={path}"

    def create(self, *, is_durable: bool = True) -> None:
        """Make the files, with the database in them, if they are missing. A crash leaves none of them, or all.

        A crash of the machine may leave some of those that are not durable, which are made without a wait for the disk.
        Raises `DataDirectoryError` where they are of another version or belong to somebody else.
        """
        for left in self.path.parent.glob(f"{self.path.name}.unfinished*"):
            shutil.rmtree(left, ignore_errors=True)
        if not self.path.exists():
            self._initialize(is_durable=is_durable)
        try:
            version = (self.path / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise DataDirectoryError(
                f"{self.path} is not readable: run Fileport as the user who made it, or set another FILEPORT_DATA_DIR."
            ) from error
        if version != MAJOR_VERSION:
            raise DataDirectoryError(
                f"{self.path} was made by PostgreSQL {version}, and this is {MAJOR_VERSION}: upgrade it, or set "
                "another FILEPORT_DATA_DIR."
            )

    def is_running(self) -> bool:
        """Return whether the server runs; one that starts or stops runs, too."""
        return f" {self.mark} " in self._command()

    def start(self, options: str, *, wait: bool = True) -> bool:
        """Start the server, and return whether it started. `options` are quoted for a shell.

        Without `wait` its recovery is not waited for, and may still fail.
        """
        command = self._command()
        # The process id of a server that was killed is in use again; PostgreSQL would take any process for a server.
        if command and "/postgres " not in command:
            (self.path / "postmaster.pid").unlink(missing_ok=True)
        waiting = ("--wait", "--timeout=240") if wait else ("--no-wait",)
        arguments = ("start", *waiting, "--silent", "--log=startup.log", f"--options={options}")
        return self._run("pg_ctl", *arguments).returncode == 0

    def stop(self) -> None:
        """Stop the server, if it runs: by a fast shutdown, or an immediate one where that fails."""
        if not self.is_running():
            return
        if self._run("pg_ctl", "stop", "--wait", "--timeout=60", "--mode=fast").returncode != 0 and self.is_running():
            self._run("pg_ctl", "stop", "--wait", "--timeout=60", "--mode=immediate")

    def answers(self) -> bool:
        """Return whether the server takes connections."""
        host = self.socket_directory()
        return bool(host) and self._run("pg_isready", "--quiet", f"--host={host}", f"--port={PORT}").returncode == 0

    def socket_directory(self) -> str:
        """Return the directory of the running server's socket; empty where it is not known yet."""
        lines = self._pid_file()
        return lines[_SOCKET_LINE] if len(lines) > _SOCKET_LINE else ""

    def _initialize(self, *, is_durable: bool) -> None:
        # An initdb outlives a service that is killed, and goes on writing, or clears up its files: so each has a
        # directory of its own.
        unfinished = Path(tempfile.mkdtemp(prefix=f"{self.path.name}.unfinished.", dir=self.path.parent))
        if self.owner.is_other:
            os.chown(unfinished, self.owner.uid, self.owner.gid)
        for made in (
            self._run("initdb", *_INITDB, *([] if is_durable else ["--no-sync"]), cluster=unfinished),
            self._run(
                "postgres",
                *("--single", "-c", "exit_on_error=on", "-c", f"fsync={'on' if is_durable else 'off'}", "postgres"),
                cluster=unfinished,
                text=_CREATE_DATABASE,
            ),
        ):
            if made.returncode != 0:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise EmbeddedPostgresError(f"PostgreSQL's files cannot be made: {_reason(made.stderr)}")
        unfinished.rename(self.path)
        # Else a power cut could bring the old name back, which the next start takes for unfinished.
        descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _run(
        self, program: str, *arguments: str, cluster: Path | None = None, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        directory = cluster or self.path
        # Nothing of the caller's environment: PGPORT and its like would change the programs. The cluster is named
        # there because pg_ctl puts arguments into a shell's command line.
        environment = {"PATH": os.defpath, "LC_ALL": "C", "PGDATA": str(directory)}
        return subprocess.run(  # noqa: S603
            [self._programs / program, *arguments],
            check=False,
            input=text,
            stdout=subprocess.DEVNULL,
            # A server that is started would keep a pipe open.
            stderr=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            cwd=directory,
            env=environment,
            **self.owner.run_as(),
        )

    def _pid_file(self) -> list[str]:
        try:
            return (self.path / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _command(self) -> str:
        """Return the command line of the process that is, or once was, the server; a space around each word."""
        lines = self._pid_file()
        if not lines:
            return ""
        pid = lines[_PID_LINE].strip()
        if not _PROCESSES.exists():
            command = subprocess.run(["ps", "-ww", "-o", "command=", "-p", pid], check=False, capture_output=True)  # noqa: S603, S607
            return f" {command.stdout.decode(errors='surrogateescape').strip()} "
        try:
            words = (_PROCESSES / pid / "cmdline").read_bytes()
        except OSError:
            return ""
        return f" {os.fsdecode(words).replace(chr(0), ' ')} "


def _reason(output: str) -> str:
    """Return the line with the reason; initdb goes on to describe its cleanup."""
    lines = output.strip().splitlines() or ["no message"]
    return next((line for line in lines if "error:" in line or "FATAL:" in line), lines[-1])
