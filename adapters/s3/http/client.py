"""The requests for single objects, past botocore."""

import asyncio
from collections.abc import AsyncIterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, NoCredentialsError

from adapters.s3.http.address import Address, find_address
from adapters.s3.http.connection import Piece
from adapters.s3.http.failures import is_misdirected, read_error
from adapters.s3.http.request import ObjectRequest
from adapters.s3.http.response import Response
from adapters.s3.http.retries import Retries
from adapters.s3.http.signing import sign
from adapters.s3.http.transport import Transport

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

_NOTHING: Sequence[Piece] | AsyncIterable[Piece] = ()


class SignedHttp:
    """Sends the requests for single objects, which the blob store makes most, in a fraction of botocore's time.

    Addresses and credentials are those of `client`, connections those of `transport`, which is `client`'s. Tries,
    pauses and errors are as botocore's; but retries have a budget apart from that of the requests that `client` sends.
    """

    def __init__(self, client: "S3Client", transport: Transport, credentials: Any, *, attempts: int) -> None:
        self._client = client
        self._transport = transport
        # aiobotocore's, which has no types; None where there are none.
        self._credentials = credentials
        self._retries = Retries(attempts)
        self._addresses: dict[str, Address] = {}

    async def send(self, bucket: str, request: ObjectRequest, *, deadline: float) -> Response:
        """Send a request, and return the response of success. The body of GET's is the caller's to read, and to close.

        All tries end at `deadline`, a time of the event loop. Raises botocore's `ClientError` for other answers, and
        `OSError` where there is none, `TimeoutError` among them.
        """
        address, failure = self._addresses.get(bucket), None
        if address is not None:
            try:
                response = await self._try(request, address, deadline)
            except (ClientError, OSError) as error:
                failure = error
            else:
                self._retries.succeeded(0)
                return response
        async with asyncio.timeout_at(deadline):
            return await self._send_again(bucket, request, address, failure, deadline)

    async def _send_again(
        self,
        bucket: str,
        request: ObjectRequest,
        address: Address | None,
        failure: ClientError | OSError | None,
        deadline: float,
    ) -> Response:
        """Send a request whose first try failed, or had no address."""
        attempt, cost, is_redirected = 1, 0, False
        while True:
            if address is not None and failure is not None:
                may_have_moved = isinstance(failure, ClientError) and is_misdirected(failure) and not is_redirected
                if may_have_moved and await self._has_moved(bucket, address):
                    is_redirected = True
                elif cost := await self._retries.pay(attempt, failure):
                    attempt += 1
                else:
                    raise failure
            address = self._addresses.get(bucket) or await self._find(bucket)
            try:
                response = await self._try(request, address, deadline)
            except (ClientError, OSError) as error:
                failure = error
            else:
                self._retries.succeeded(cost)
                return response

    async def _try(self, request: ObjectRequest, address: Address, deadline: float) -> Response:
        if self._credentials is None:
            raise NoCredentialsError
        body = request.body
        async with asyncio.timeout_at(min(deadline, self._transport.deadline(0 if body is None else body.size))):
            headers = sign(request, address, await self._credentials.get_frozen_credentials())
            headers["user-agent"] = address.user_agent
            headers["accept-encoding"] = "identity"
            data = _NOTHING
            if body is not None:
                headers["content-length"] = str(body.size)
                data = body.read() if body.is_spooled else body.pieces()
            path = address.path(request.key)
            target = f"{path}?{request.query}" if request.query else path
            response = await self._transport.connections.exchange(request.method, address.origin, target, headers, data)
            if (refusal := await read_error(response)) is not None:
                raise refusal
        return response

    async def _find(self, bucket: str) -> Address:
        address = self._addresses[bucket] = await find_address(self._client, bucket)
        return address

    async def _has_moved(self, bucket: str, address: Address) -> bool:
        """Return whether the bucket has another address than `address`: botocore asks it for its region."""
        with suppress(ClientError):
            await self._client.head_bucket(Bucket=bucket)
        return await self._find(bucket) != address
