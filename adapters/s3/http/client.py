"""The requests for single objects, past botocore."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiohttp import ClientError as ConnectionFailure
from aiohttp import ClientResponse
from botocore.exceptions import ClientError, NoCredentialsError

from adapters.s3.http.address import Address, find_address
from adapters.s3.http.failures import is_misdirected, read_error
from adapters.s3.http.request import ObjectRequest
from adapters.s3.http.retries import Retries
from adapters.s3.http.signing import sign
from adapters.s3.http.transport import Transport

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

# Above this, a body is sent in pieces.
_WHOLE_SIZE = 1024 * 1024


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

    async def send(self, bucket: str, request: ObjectRequest) -> ClientResponse:
        """Send a request, and return the response of success. The body of GET's is the caller's to read, and to close.

        Raises botocore's `ClientError` for other answers, and aiohttp's errors and `OSError` where there is none.
        """
        attempt, cost, is_redirected = 1, 0, False
        while True:
            address = self._addresses.get(bucket) or await self._find(bucket)
            try:
                response = await self._try(request, address)
                if (refusal := await read_error(response)) is None:
                    self._retries.succeeded(cost)
                    return response
                raise refusal
            except ClientError as error:
                if is_misdirected(error) and not is_redirected and await self._has_moved(bucket, address):
                    is_redirected = True
                    continue
                if not (cost := await self._retries.pay(attempt, error)):
                    raise
            except (ConnectionFailure, OSError) as error:
                if not (cost := await self._retries.pay(attempt, error)):
                    raise
            attempt += 1

    async def _try(self, request: ObjectRequest, address: Address) -> ClientResponse:
        if self._credentials is None:
            raise NoCredentialsError
        headers = sign(request, address, await self._credentials.get_frozen_credentials())
        headers["user-agent"] = address.user_agent
        headers["accept-encoding"] = "identity"
        url = f"{address.origin}{address.path(request.key)}"
        if request.query:
            url = f"{url}?{request.query}"
        body = request.body
        if body is None:
            return await self._transport.exchange(request.method, url, headers)
        headers["content-length"] = str(body.size)
        data = body.whole() if body.size <= _WHOLE_SIZE and not body.is_spooled else body.read()
        return await self._transport.exchange(request.method, url, headers, body=data, size=body.size)

    async def _find(self, bucket: str) -> Address:
        address = self._addresses[bucket] = await find_address(self._client, bucket)
        return address

    async def _has_moved(self, bucket: str, address: Address) -> bool:
        """Return whether the bucket has another address than `address`: botocore asks it for its region."""
        with suppress(ClientError):
            await self._client.head_bucket(Bucket=bucket)
        return await self._find(bucket) != address
