"""A proxy for HTTP/1.1, and the answers that S3 gives when it is unwell."""

import asyncio
import re
from urllib.parse import urlsplit

from tests.harness.fault_proxy.exchange import Stream
from tests.harness.fault_proxy.proxy import FaultProxy, ProxiedExchange

_OWN_HEADERS = re.compile(rb"\r\n(?:expect|connection): [^\r]*", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect: ", re.IGNORECASE)


class HttpProxy(FaultProxy):
    """Stands before the service at `target_url`. A request is known by its method and target: `PUT /bucket/key`.

    Each request has a connection of its own.
    """

    def __init__(self, target_url: str) -> None:
        super().__init__()
        self._target = urlsplit(target_url)

    @property
    def url(self) -> str:
        """Where the proxy is."""
        return f"http://127.0.0.1:{self.port}"

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self._target.hostname, self._target.port)

    async def _serve(self, client: Stream, server: Stream) -> None:
        head = await client.reader.readuntil(b"\r\n\r\n")
        if _EXPECTS.search(head):
            await client.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = _LENGTH.search(head)
        body = await client.reader.readexactly(int(length[1]) if length else 0)
        head = _OWN_HEADERS.sub(b"", head)[:-2] + b"Connection: close\r\n\r\n"
        await client.send(await self._answer(_HttpExchange(head + body, client, server)))


class _HttpExchange(ProxiedExchange):
    def __init__(self, payload: bytes, client: Stream, server: Stream) -> None:
        method, target, _ = payload.split(b" ", 2)
        super().__init__(f"{method.decode()} {target.decode()}", payload, client)
        self._server = server

    async def forward(self, payload: bytes | None = None) -> bytes:
        await self._server.send(self.payload if payload is None else payload)
        answer = await self._server.reader.read(-1)
        return re.sub(rb"\r\nconnection: [^\r]*", b"\r\nConnection: close", answer, count=1, flags=re.IGNORECASE)

    async def begin(self, size: int) -> None:
        await self._server.send(self.payload[:size])


def http_answer(body: bytes, status: str = "200 OK") -> bytes:
    """Return an answer with this body."""
    return b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


def s3_error(status: str, code: str) -> bytes:
    """Return an error in S3's own form."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>Not now.</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>"
    )
    return http_answer(body.encode(), status)


SLOW_DOWN = s3_error("503 Slow Down", "SlowDown")
UNAVAILABLE = s3_error("503 Service Unavailable", "ServiceUnavailable")
TIME_TOO_SKEWED = s3_error("403 Forbidden", "RequestTimeTooSkewed")
