"""The HTTP of the S3 client: the settings of botocore's, and the timeout of one try."""

import asyncio
import ssl
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiobotocore.httpsession import AIOHTTPSession
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import ProxyConfiguration, create_urllib3_context

from adapters.s3.http.connections import Connections
from adapters.s3.http.routes import Routes, Tls

# For the answer to a request, its tries included, beside the time that a body takes.
TIMEOUT_SECONDS = 8.0
_SLOWEST_BYTES_PER_SECOND = 256 * 1024
# Requests that S3 may take long for: to assemble an object, to delete a thousand, and to copy one. Meanwhile it sends
# signs of life.
_LONG = frozenset({"uploadId", "delete"})


def body_seconds(size: int) -> float:
    """Return how many seconds it may take to send a body of `size` bytes."""
    return size / _SLOWEST_BYTES_PER_SECOND


class Transport(AIOHTTPSession):
    """botocore's HTTP, which ends a try whose answer does not begin within `answer_timeout` seconds.

    The time that the request's body takes is added. aiohttp has no such limit: its own, `read_timeout`, is for each
    silence, and must be long enough for the requests that S3 takes long for. A try that was ended is repeated on
    another connection.

    `connections` are our own, with the same proxies, certificates and limits.
    """

    # What the stubs leave out.
    _proxy_config: ProxyConfiguration

    def __init__(
        self,
        answer_timeout: float,
        *,
        verify: bool | str = True,
        client_cert: str | tuple[str, str] | None = None,
        timeout: tuple[float, float],
        max_pool_connections: int,
        **settings: Any,
    ) -> None:
        super().__init__(
            verify=verify,  # type: ignore[arg-type]  # a file of authorities, too
            client_cert=client_cert,
            timeout=timeout,  # type: ignore[arg-type]  # and a pair
            max_pool_connections=max_pool_connections,
            **settings,
        )
        self._answer_timeout = answer_timeout
        connect_timeout, idle_timeout = timeout
        self.connections = Connections(
            Routes(self._proxy_config, Tls(verify, client_cert)),
            limit=max_pool_connections,
            connect_timeout=connect_timeout,
            idle_timeout=idle_timeout,
        )

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connections.close()
        await super().__aexit__(kind, error, trace)

    async def send(self, request: Any) -> Any:  # botocore's prepared request; the stubs know only another
        """As botocore calls it."""
        try:
            async with asyncio.timeout(self._limit(request)):
                return await super().send(request)
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error

    def _get_ssl_context(self) -> ssl.SSLContext:
        context: ssl.SSLContext = create_urllib3_context()
        # As in `Tls`.
        context.check_hostname = True
        return context

    def deadline(self, size: int) -> float:
        """Return when a try with a body of `size` bytes that begins now has to end, a time of the event loop."""
        return asyncio.get_running_loop().time() + self._answer_timeout + body_seconds(size)

    def _limit(self, request: Any) -> float | None:
        if "x-amz-copy-source" in request.headers:
            return None
        query = parse_qs(urlsplit(request.url).query, keep_blank_values=True)
        if request.method == "POST" and not _LONG.isdisjoint(query):
            return None
        return self._answer_timeout + body_seconds(int(request.headers.get("Content-Length", 0)))
