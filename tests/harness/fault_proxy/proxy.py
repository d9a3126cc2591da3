"""What all proxies have in common: listening, and letting faults have the requests that they meet."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Self

from tests.harness.fault_proxy.exchange import CutError, Effect, Stream
from tests.harness.fault_proxy.fault import Fault

_HEAD_LIMIT = 2**20


class ProxiedExchange(ABC):
    """What the protocols' exchanges have in common. Its fault, if it met one, is `fault`."""

    fault: Fault | None = None

    def __init__(self, request: str, payload: bytes, client: Stream) -> None:
        self.request = request
        self.payload = payload
        self._client = client

    @abstractmethod
    async def forward(self, payload: bytes | None = None) -> bytes: ...

    @abstractmethod
    async def begin(self, size: int) -> None: ...

    async def reply(self, part: bytes) -> None:
        await self._client.send(part)

    async def until_over(self) -> None:
        assert self.fault is not None, "Only a fault holds a request up."
        await self.fault.over.wait()


class FaultProxy(ABC):
    """Passes requests on and answers back, but for those that meet a fault. Tests switch faults on and off."""

    def __init__(self) -> None:
        self.port = 0
        self._faults: list[Fault] = []
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @contextmanager
    def fault(
        self,
        effect: Effect,
        pattern: str = "",
        *,
        times: int | None = None,
        skip: int = 0,
        share: float = 1,
        seed: int = 0,
    ) -> Iterator[Fault]:
        """Switch a fault on, and off at the end. Of several that meet a request, the last one has it."""
        fault = Fault(effect, pattern, times=times, skip=skip, share=share, seed=seed)
        self._faults.insert(0, fault)
        try:
            yield fault
        finally:
            self._faults.remove(fault)
            fault.over.set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        """Serve until the context ends."""
        await self._listen()
        try:
            yield self
        finally:
            await self._hang_up()

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """Break every connection and refuse new ones until the context ends."""
        await self._hang_up()
        try:
            yield
        finally:
            await self._listen()

    async def _answer(self, exchange: ProxiedExchange) -> bytes:
        for fault in self._faults:
            if fault.meets(exchange.request):
                exchange.fault = fault
                return await fault.effect(exchange)
        return await exchange.forward()

    @abstractmethod
    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]: ...

    @abstractmethod
    async def _serve(self, client: Stream, server: Stream) -> None:
        """Pass requests on until a side ends. Raises the errors of a broken connection."""
        ...

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, limit=_HEAD_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _hang_up(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        client = Stream(reader, writer)
        try:
            await self._pass_on(client)
        except asyncio.CancelledError:
            client.reset()
        finally:
            self._open.discard(task)

    async def _pass_on(self, client: Stream) -> None:
        try:
            server = Stream(*await self._connect())
        except OSError:
            client.reset()
            return
        try:
            # Either side may go away at any time, as sides do.
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._serve(client, server)
        except CutError as cut:
            if cut.reset:
                client.reset()
            server.reset()
        finally:
            client.writer.close()
            server.writer.close()
