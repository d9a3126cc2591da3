"""The address of a bucket's objects, as botocore finds it."""

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit
from uuid import uuid4

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

_SENDING = "before-send.s3.HeadObject"


class Address(NamedTuple):
    """An object's URL is `origin`, `folder` and its key, percent-encoded. `region` and `service` are signed."""

    origin: str
    folder: str
    host: str
    region: str
    service: str
    user_agent: str

    def path(self, key: str) -> str:
        """Return the path of an object, percent-encoded."""
        return self.folder + quote(key, safe="/-._~")


async def find_address(client: "S3Client", bucket: str) -> Address:
    """Return the address of the objects in `bucket`, taken from a request that botocore makes and does not send.

    All that botocore knows goes into it: the endpoint and its rules, the region that a redirect has told, the settings
    of AWS. Raises botocore's errors: for a name that no bucket can have, for credentials that are missing.
    """
    key = uuid4().hex

    def capture(request: Any, **_: object) -> None:
        if key in request.url:
            raise _CapturedError(request)

    client.meta.events.register(_SENDING, capture)
    try:
        await client.head_object(Bucket=bucket, Key=key)
    except _CapturedError as captured:
        return _address(captured.request, key)
    finally:
        client.meta.events.unregister(_SENDING, capture)
    raise AssertionError("botocore sent a request past its own event.")


class _CapturedError(Exception):
    def __init__(self, request: Any) -> None:
        super().__init__()
        self.request = request


def _address(request: Any, key: str) -> Address:
    # AWS4-HMAC-SHA256 Credential={key}/{day}/{region}/{service}/aws4_request, SignedHeaders=…
    credential = _text(request.headers["Authorization"]).partition(",")[0]
    *_, region, service, _ = credential.rsplit("/", 4)
    url = urlsplit(request.url)
    return Address(
        origin=f"{url.scheme}://{url.netloc}",
        folder=url.path.removesuffix(key),
        host=_host(url.scheme, url.netloc),
        region=region,
        service=service,
        user_agent=_text(request.headers["User-Agent"]),
    )


def _host(scheme: str, netloc: str) -> str:
    # As the header has it: without the scheme's own port.
    return netloc.lower().removesuffix(":443" if scheme == "https" else ":80")


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
