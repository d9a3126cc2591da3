"""Workers that accept connections on one socket."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from service.server.acceptor import Acceptor
from service.server.connection_shares import ConnectionShares


class Site:
    """A socket, `count` workers at most that accept connections on it, and who got them."""

    def __init__(self, listener: socket.socket, count: int) -> None:
        self.listener = listener
        self.shares = ConnectionShares(count)
        self.told_to_end: list[int] = []
        self._opened: asyncio.Queue[int] = asyncio.Queue()

    def open(self, worker: int) -> None:
        self._opened.put_nowait(worker)

    async def owners(self, count: int) -> Counter[int]:
        """Wait for the next `count` connections, and return how many of them each worker got."""
        return Counter([await self._opened.get() for _ in range(count)])

    @asynccontextmanager
    async def clients(self, count: int) -> AsyncIterator[None]:
        """Open so many connections at once, and close them at the end."""
        address = self.listener.getsockname()
        opened = await asyncio.gather(*(asyncio.open_connection(*address) for _ in range(count)))
        yield
        for _, writer in opened:
            writer.close()


class Worker:
    """A worker whose connections do nothing. It closes the listener after its acceptor, as uvicorn does."""

    def __init__(self, site: Site, number: int, before: Callable[[], None] = lambda: None) -> None:
        self.site = site
        self.number = number
        self.connections = 0
        self.share = site.shares.of(number)
        self._before = before
        self._listener = site.listener.dup()
        self._acceptor = Acceptor(self._listener, 128, self._make_protocol, self.share)

    async def close(self) -> None:
        self._acceptor.close()
        self._listener.close()
        await self._acceptor.wait_closed()

    def add(self, connections: int) -> None:
        self.connections += connections
        self.share.update(self.connections)

    def _make_protocol(self) -> asyncio.Protocol:
        self._before()
        return Silent(self)


class Silent(asyncio.Protocol):
    """A connection that waits for its client to close it."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._worker.add(1)
        self._worker.site.open(self._worker.number)

    def connection_lost(self, exc: Exception | None) -> None:
        self._worker.add(-1)

    def shutdown(self) -> None:
        self._worker.site.told_to_end.append(self._worker.number)


@asynccontextmanager
async def listening(count: int) -> AsyncIterator[Site]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        async with asyncio.timeout(60):
            yield Site(listener, count)


async def test_connections_that_come_at_once_are_shared() -> None:
    async with listening(2) as site:
        workers = [Worker(site, number) for number in range(2)]
        async with site.clients(32):
            owners = await site.owners(32)
        assert min(owners[0], owners[1]) >= 8
        for each in workers:
            await each.close()


async def test_a_worker_that_comes_later_gets_the_next_ones() -> None:
    async with listening(2) as site:
        first = Worker(site, 0)
        async with site.clients(10):
            assert await site.owners(10) == {0: 10}
            late = Worker(site, 1)
            async with site.clients(20):
                assert (await site.owners(20))[1] >= 5
        await first.close()
        await late.close()


async def test_a_worker_that_hangs_keeps_no_connection_from_another() -> None:
    async with listening(2) as site:
        site.shares.of(1).begin()
        worker = Worker(site, 0)
        async with site.clients(10):
            assert await site.owners(10) == {0: 10}
        await worker.close()


async def test_a_worker_that_has_closed_or_died_counts_no_more() -> None:
    async with listening(3) as site:
        site.shares.of(2).begin()
        site.shares.forget(2)
        workers = [Worker(site, number) for number in range(2)]
        await workers[0].close()
        async with site.clients(10):
            assert await site.owners(10) == {1: 10}
            assert not workers[1].share.is_ahead
        await workers[1].close()


async def test_a_connection_that_is_accepted_while_the_worker_closes_is_told_to_end() -> None:
    async with listening(1) as site:
        worker: Worker
        closing: list[asyncio.Task[None]] = []
        worker = Worker(site, 0, lambda: closing.append(asyncio.ensure_future(worker.close())))
        async with site.clients(1):
            assert await site.owners(1) == {0: 1}
            await closing[0]
        assert site.told_to_end == [0]


async def test_a_connection_that_fails_at_its_start_is_not_the_last() -> None:
    failures = iter([True, False])

    def fail_once() -> None:
        if next(failures):
            raise MemoryError

    async with listening(1) as site:
        worker = Worker(site, 0, fail_once)
        async with site.clients(2):
            assert await site.owners(1) == {0: 1}
        await worker.close()
