"""The connection to S3: one for the application, made at its start."""

import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

import aioboto3
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession, get_session
from botocore.exceptions import BotoCoreError
from botocore.loaders import JSONFileLoader, Loader, create_loader

from adapters.s3.checksums import Checksums, content_md5
from adapters.s3.http.client import SignedHttp
from adapters.s3.http.transport import TIMEOUT_SECONDS, Transport
from domain.blobs.errors import BlobStoreUnavailableError

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

_LOCAL_REGION = "us-east-1"
_CONNECT_SECONDS = 3.0
# S3, and those that credentials may come from. Of any other service, botocore would guess the endpoint.
_SERVICES = frozenset({"s3", "s3-control", "sts", "sso", "sso-oidc", "oidc", "portal.sso", "signin"})


class S3Connection(NamedTuple):
    """The ways to a store: `client` is aioboto3's, for every request but those that the blob store makes most."""

    client: "S3Client"
    http: SignedHttp
    checksums: Checksums


@asynccontextmanager
async def connect_s3(
    *,
    region: str | None = None,
    endpoint_url: str | None = None,
    session: aioboto3.Session | None = None,
    pool_size: int = 512,
    attempts: int = 4,
    request_timeout: float = TIMEOUT_SECONDS,
    idle_timeout: float = 20,
) -> AsyncIterator[S3Connection]:
    """Open a connection, and close it with the context. That blocks for about 100 ms: do it at start.

    Credentials come from `session`, by default AWS's own chain: variables, files, the instance's role. Without a
    `region`, AWS's settings name one. An `endpoint_url` other than AWS's is addressed by path, as most of such
    stores want it. Every download in progress holds one of `pool_size` connections.

    A request that fails in passing (no connection, an answer of 5xx, `SlowDown`) is sent up to `attempts` times:
    botocore's retries, which pause at random for up to 1, 2 and 4 seconds, and which share a budget that empties
    while most of them fail, so that a store in trouble is asked once a call. Each try has half of `request_timeout` to
    connect and to begin its answer; `S3Bucket` limits all of them together. A body that stalls for `idle_timeout` ends.

    Raises `BlobStoreUnavailableError` where the settings make no client.
    """
    transports: list[Transport] = []

    def make_transport(**settings: Any) -> Transport:
        transports.append(Transport(request_timeout / 2, **settings))
        return transports[-1]

    config = AioConfig(
        connect_timeout=min(_CONNECT_SECONDS, request_timeout / 2),
        read_timeout=idle_timeout,
        http_session_cls=make_transport,  # type: ignore[arg-type]  # it is called, and nothing else
        # Signed URLs, too: by default some regions get those of an older version, which others refuse.
        signature_version="s3v4",
        max_pool_connections=pool_size,
        retries={"mode": "standard", "total_max_attempts": attempts},
        # The newer checksums are refused by some stores, so bodies have those that `Checksums` finds. They are signed,
        # so that signing needs no second hash of the body, on the event loop.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"addressing_style": "path" if endpoint_url else "auto", "payload_signing_enabled": False},
    )
    session = session or aioboto3.Session(botocore_session=_new_session())
    async with AsyncExitStack() as stack:
        try:
            client = await stack.enter_async_context(
                session.client(
                    "s3",
                    region_name=region or session.region_name or (_LOCAL_REGION if endpoint_url else None),
                    endpoint_url=endpoint_url,
                    config=config,
                )
            )
        except (BotoCoreError, ValueError) as error:
            raise BlobStoreUnavailableError("There is no S3 client with this region and endpoint.") from error
        # The one call with a body whose parameters lack it; and older stores insist.
        client.meta.events.register("before-call.s3.DeleteObjects", _add_content_md5)
        credentials = await cast(Any, session).get_credentials()
        yield S3Connection(client, SignedHttp(client, transports[-1], credentials, attempts=attempts), Checksums())


def _add_content_md5(params: dict[str, Any], **_: object) -> None:
    params["headers"].setdefault("Content-MD5", content_md5(params["body"]))


def _new_session() -> AioSession:
    session = get_session()
    session.register_component("data_loader", _descriptions(session.get_config_variable("data_path")))
    return session


@cache
def _descriptions(path: str | None) -> Loader:
    """Return botocore's descriptions of S3, which each client would read for itself. Forks share their parent's."""
    loader = create_loader(path)
    loader.file_loader = _Descriptions()
    return loader


class _Descriptions(JSONFileLoader):
    """Reads descriptions as plain dictionaries, without what a client of S3 does not ask for.

    That is their documentation, and the endpoints of other services: 2 MiB in place of 6.
    """

    def _load_file(self, full_path: str, open_method: Callable[[str, str], BinaryIO]) -> Any:
        if not os.path.isfile(full_path):  # noqa: PTH113 - as botocore has it
            return None
        with open_method(full_path, "rb") as file:
            return json.loads(file.read(), object_hook=_reduced)


def _reduced(description: dict[str, Any]) -> dict[str, Any]:
    # Some of it is asked for. A member of that name is no text.
    if isinstance(description.get("documentation"), str):
        description["documentation"] = ""
    if "partition" in description and isinstance(services := description.get("services"), dict):
        description["services"] = {name: services[name] for name in _SERVICES & services.keys()}
    return description
