"""Processes of the `fileport` command that start at once: forks of one that has imported everything.

A server imports for a second or two, longer than most tests of it take. A fork is as real a process: it has its own
environment, session, signals and files, and may be killed. `python -m tests.support.processes.forks` is the process
that forks, one for each process that runs tests. It ends with that one, and reports the end of each fork to it.
"""

import asyncio
import gc
import os
import select
import signal
import socket
import subprocess
import sys
from asyncio import StreamReader
from collections import deque
from collections.abc import Mapping
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

import msgspec

from tests.support.processes.failpoints import Failpoint, run

# A server's later imports, except metrics, which read the environment when they are imported.
IMPORTED = (
    "service.cli",
    "service.commands",
    "litestar",
    "dishka.integrations.litestar",
    "uvloop",
    "adapters.s3",
    "adapters.secrets",
)

_LINE_BYTES = 1024 * 1024
_MESSAGE_BYTES = 128 * 1024


class Order(msgspec.Struct, frozen=True):
    """A run of the command with these arguments, in this environment and no other."""

    arguments: tuple[str, ...]
    environ: dict[str, str]
    failpoint: Failpoint | None


class Event(msgspec.Struct, frozen=True):
    """A fork was made, or it ended. Statuses are those of `subprocess`: negative numbers are signals."""

    pid: int
    status: int | None = None


class Fork:
    """A process with the methods of asyncio's."""

    def __init__(self, pid: int, ended: "asyncio.Future[int]", stdout: StreamReader, stderr: StreamReader) -> None:
        self.pid = pid
        self.stdout = stdout
        self.stderr = stderr
        self._ended = ended

    async def wait(self) -> int:
        """Wait for the end and return the status."""
        return await asyncio.shield(self._ended)

    def terminate(self) -> None:
        """Send SIGTERM. Raises `ProcessLookupError` after the end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL; after the end do nothing."""
        if not self._ended.done():
            self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        if self._ended.done():
            raise ProcessLookupError
        os.kill(self.pid, number)


async def fork(*arguments: str, environ: Mapping[str, str], failpoint: Failpoint | None = None) -> Fork:
    """Run `fileport` with these arguments in a session of its own, with this environment and no other."""
    loop = asyncio.get_running_loop()
    if loop not in _parents:
        _parents[loop] = _Parent(loop)
    return await _parents[loop].fork(Order(arguments, dict(environ), failpoint))


class _Parent:
    """The connection to the process that forks."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._line, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            command = [sys.executable, "-m", "tests.support.processes.forks", str(other.fileno())]
            environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
            self._process = subprocess.Popen(
                command,
                env=environ,
                pass_fds=[other.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._ordering = asyncio.Lock()
        self._made: deque[asyncio.Future[tuple[int, asyncio.Future[int]]]] = deque()
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._loop = loop
        loop.add_reader(self._line, self._read)

    async def fork(self, order: Order) -> Fork:
        async with self._ordering:
            made = self._loop.create_future()
            self._made.append(made)
            pipes = [os.pipe(), os.pipe()]
            socket.send_fds(self._line, [msgspec.json.encode(order)], [write for _, write in pipes])
            for _, write in pipes:
                os.close(write)
            readers = [await self._reader(read) for read, _ in pipes]
            # Shielded: a caller that leaves must not leave its fork to the next one.
            pid, ended = await asyncio.shield(made)
            return Fork(pid, ended, *readers)

    def _read(self) -> None:
        message = self._line.recv(_MESSAGE_BYTES)
        if not message:
            self._loop.remove_reader(self._line)
            waiting: tuple[asyncio.Future[Any], ...] = (*self._made, *self._ended.values())
            for each in waiting:
                each.set_exception(RuntimeError("The process that forks has ended."))
            return
        event = msgspec.json.decode(message, type=Event)
        if event.status is not None:
            self._ended.pop(event.pid).set_result(event.status)
        else:
            self._ended[event.pid] = self._loop.create_future()
            self._made.popleft().set_result((event.pid, self._ended[event.pid]))

    async def _reader(self, descriptor: int) -> StreamReader:
        reader = StreamReader(limit=_LINE_BYTES, loop=self._loop)
        await self._loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb"))
        return reader


_parents: WeakKeyDictionary[asyncio.AbstractEventLoop, _Parent] = WeakKeyDictionary()


def _serve(line: socket.socket) -> Order:
    """Fork for each order. Returns in the fork; exits when the other end of the line is closed."""
    wake, woken = socket.socketpair()
    for end in (wake, woken):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(woken.fileno())
    while True:
        ready, _, _ = select.select([line, wake], [], [])
        if wake in ready:
            wake.recv(_MESSAGE_BYTES)
            _report_ended(line)
        if line in ready:
            message, descriptors, _, _ = socket.recv_fds(line, _MESSAGE_BYTES, 2)
            if not message:
                sys.exit()
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for each in (line, wake, woken):
                    each.close()
                _take_over(descriptors)
                return msgspec.json.decode(message, type=Order)
            for descriptor in descriptors:
                os.close(descriptor)
            line.send(msgspec.json.encode(Event(pid)))


def _report_ended(line: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        line.send(msgspec.json.encode(Event(pid, os.waitstatus_to_exitcode(status))))


def _take_over(descriptors: list[int]) -> None:
    os.setsid()
    for descriptor, standard in zip(descriptors, (1, 2), strict=True):
        os.dup2(descriptor, standard)
        os.close(descriptor)


def _main() -> NoReturn:
    for module in IMPORTED:
        __import__(module)
    gc.freeze()
    order = _serve(socket.socket(fileno=int(sys.argv[1])))
    os.environ.clear()
    os.environ.update(order.environ)
    if order.failpoint is not None:
        sys.exit(run(order.failpoint, order.arguments))
    sys.exit(sys.modules["service.cli"].main(order.arguments))


if __name__ == "__main__":
    _main()
