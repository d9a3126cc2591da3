"""The bucket: every request to it passes here."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from anyio import fail_after

from adapters.s3.errors import s3_errors
from adapters.s3.http.request import ObjectRequest
from adapters.s3.http.response import Response
from adapters.s3.http.transport import TIMEOUT_SECONDS, body_seconds

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

    from adapters.s3.client import S3Connection

_BLOB_NAME = re.compile(r"([0-9a-f]{2})/([0-9a-f]{30}\1)")


class S3Bucket:
    """The bucket `name`, in which each blob is the object `{prefix}{last two digits of the key}/{key}`.

    The store has `timeout` seconds to answer a request, all its tries and a wait for a connection included, and the
    time that its body takes on top. The opener of `connection` closes it.
    """

    def __init__(
        self, connection: "S3Connection", name: str, prefix: str = "", *, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self.client = connection.client
        self.checksums = connection.checksums
        self._connection = connection
        self.name = name
        self.prefix = prefix
        self.timeout = timeout

    def folder(self, name: str) -> "S3Bucket":
        """Return the same bucket with a prefix that is longer by `name`."""
        return S3Bucket(self._connection, self.name, self.prefix + name, timeout=self.timeout)

    @contextmanager
    def request(self, *, at_least: float = 0) -> Iterator["S3Client"]:
        """Lend the client for a request, and raise the port's errors.

        `at_least` is the timeout in seconds of a request that the store may take longer for.
        """
        with s3_errors(), fail_after(max(self.timeout, at_least)):
            yield self.client

    async def send(self, request: ObjectRequest) -> Response:
        """Send a request for an object, inside of `s3_errors`, as `SignedHttp.send` does."""
        size = 0 if request.body is None else request.body.size
        deadline = asyncio.get_running_loop().time() + self.timeout + body_seconds(size)
        return await self._connection.http.send(self.name, request, deadline=deadline)

    def object_key(self, key: str) -> str:
        """Return the name of a blob's object."""
        # The last digits of a UUIDv7 are random: S3 scales by the beginning of its keys.
        return f"{self.prefix}{key[-2:]}/{key}"

    def blob_key(self, object_key: str) -> str | None:
        """Return the key of the blob whose object has that name; None where it is not a blob's."""
        found = _BLOB_NAME.fullmatch(object_key, len(self.prefix))
        return None if found is None else found[2]
