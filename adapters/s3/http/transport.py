"""The HTTP of the S3 client: botocore's sessions, which our own requests share, and the timeout of one try."""

import asyncio
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiobotocore.httpsession import AIOHTTPSession
from aiohttp import ClientResponse, ClientSession
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import ProxyConfiguration
from yarl import URL

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

    `exchange` sends over the same connections, with botocore's proxies, certificates and limits.
    """

    # What the stubs leave out.
    _proxy_config: ProxyConfiguration
    _get_session: Callable[[str | None], Awaitable[ClientSession]]

    def __init__(self, answer_timeout: float, **settings: Any) -> None:
        super().__init__(**settings)
        self._answer_timeout = answer_timeout

    async def send(self, request: Any) -> Any:  # botocore's prepared request; the stubs know only another
        """As botocore calls it."""
        try:
            async with asyncio.timeout(self._limit(request)):
                return await super().send(request)
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error

    async def exchange(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: bytes | AsyncIterable[bytes | memoryview] | None = None,
        size: int = 0,
    ) -> ClientResponse:
        """Send one try of a signed request with a body of `size` bytes, and return the response, its body unread.

        A body that comes in pieces is sent when the store has said that it wants it (RFC 9110, section 10.1.1).
        Raises aiohttp's errors, and `TimeoutError`.
        """
        proxy_url = self._proxy_config.proxy_url_for(url)
        session = await self._get_session(proxy_url)
        async with asyncio.timeout(self._answer_timeout + body_seconds(size)):
            return await session.request(
                method,
                URL(url, encoded=True),
                headers=headers,
                data=body,
                expect100=body is not None and not isinstance(body, bytes),
                allow_redirects=False,
                proxy=proxy_url,
                proxy_headers=self._proxy_config.proxy_headers_for(proxy_url) if proxy_url else None,
            )

    def _limit(self, request: Any) -> float | None:
        if "x-amz-copy-source" in request.headers:
            return None
        query = parse_qs(urlsplit(request.url).query, keep_blank_values=True)
        if request.method == "POST" and not _LONG.isdisjoint(query):
            return None
        return self._answer_timeout + body_seconds(int(request.headers.get("Content-Length", 0)))
