"""The HTTP of the S3 client: the timeout of one try of a request."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiobotocore.httpsession import AIOHTTPSession
from botocore.exceptions import ReadTimeoutError

# For the answer to a request, its tries included, beside the time that a body takes.
TIMEOUT_SECONDS = 8.0
_SLOWEST_BYTES_PER_SECOND = 256 * 1024
# Requests that S3 may take long for: to assemble an object, to delete a thousand, and to copy one. Meanwhile it sends
# signs of life.
_LONG = frozenset({"uploadId", "delete"})


def body_seconds(size: int) -> float:
    """Return how many seconds it may take to send a body of `size` bytes."""
    return size / _SLOWEST_BYTES_PER_SECOND


def session_class(answer_timeout: float) -> type[AIOHTTPSession]:
    """Return a class of HTTP sessions that end a try whose answer does not begin within `answer_timeout` seconds.

    The time that the request's body takes is added. aiohttp has no such limit: its own, `read_timeout`, is for each
    silence, and must be long enough for the requests that S3 takes long for. botocore repeats a try that was ended, on
    another connection.
    """

    class BoundedSession(AIOHTTPSession):
        async def send(self, request: Any) -> Any:  # botocore's prepared request; the stubs know only another
            try:
                async with asyncio.timeout(_limit(request, answer_timeout)):
                    return await super().send(request)
            except TimeoutError as error:
                raise ReadTimeoutError(endpoint_url=request.url, error=error) from error

    return BoundedSession


def _limit(request: Any, answer_timeout: float) -> float | None:
    if "x-amz-copy-source" in request.headers:
        return None
    if request.method == "POST" and not _LONG.isdisjoint(parse_qs(urlsplit(request.url).query, keep_blank_values=True)):
        return None
    return answer_timeout + body_seconds(int(request.headers.get("Content-Length", 0)))
