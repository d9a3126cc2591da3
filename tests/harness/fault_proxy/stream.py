"""A proxy of bytes, whatever they mean: it knows nothing of requests, only of connections."""

import asyncio
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from tests.harness.fault_proxy.exchange import CutError, Stream
from tests.harness.fault_proxy.proxy import FaultProxy

_CHUNK = 256 * 1024


class StreamProxy(FaultProxy):
    """Passes each connection on to the next of its targets, leaving out those that refuse it.

    `cut_after` tells of each connection after how many bytes from the client it is reset; None: never.
    """

    def __init__(self, targets: Sequence[str], *, cut_after: Callable[[], int] | None = None) -> None:
        super().__init__()
        self.targets = list(targets)
        self.cuts = 0
        self._cut_after = cut_after
        self._turn = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for _ in self.targets:
            self._turn += 1
            target = urlsplit(self.targets[self._turn % len(self.targets)])
            try:
                return await asyncio.open_connection(target.hostname, target.port)
            except ConnectionRefusedError:
                continue
        raise ConnectionRefusedError

    async def _serve(self, client: Stream, server: Stream) -> None:
        budget = None if self._cut_after is None else self._cut_after()
        ways = [
            asyncio.create_task(self._pass_bytes(client, server, budget)),
            asyncio.create_task(self._pass_bytes(server, client, None)),
        ]
        try:
            ended, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ended:
                way.result()
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pass_bytes(self, source: Stream, sink: Stream, budget: int | None) -> None:
        passed = 0
        while chunk := await source.reader.read(_CHUNK):
            await sink.send(chunk)
            passed += len(chunk)
            if budget is not None and passed >= budget:
                self.cuts += 1
                raise CutError
