"""The way to a store: its address, TLS, and the proxy between, as AWS's settings have them."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from botocore.httpsession import ProxyConfiguration, create_urllib3_context, get_cert_path

from adapters.s3.http.connection import Connection
from adapters.s3.http.heads import encode_head

_PORTS: Mapping[str, int] = {"http": 80, "https": 443}


class ProxyRefusedError(ConnectionError):
    """The proxy opens no tunnel."""


class Tls(NamedTuple):
    """`verify` is a file of authorities, True for the usual ones, or False for no check; `client` a file, or a pair."""

    verify: bool | str
    client: str | tuple[str, str] | None

    def context(self) -> ssl.SSLContext:
        """Raises `OSError` for files that cannot be read."""
        context: ssl.SSLContext = create_urllib3_context()
        # botocore leaves the name to urllib3, which is not here.
        context.check_hostname = bool(self.verify)
        if self.verify:
            context.load_verify_locations(get_cert_path(self.verify))  # type: ignore[arg-type]  # a file, too
        else:
            context.verify_mode = ssl.CERT_NONE
        _load_client(context, self.client)
        return context


class Route(NamedTuple):
    """How connections to an origin are opened. `prefix` and `headers` are a plain proxy's, for each request.

    `tls` is that of the store; of `proxy`, an `https` one, it is `proxy_tls`.
    """

    origin: SplitResult
    tls: ssl.SSLContext | None
    proxy: SplitResult | None
    proxy_tls: ssl.SSLContext | None
    proxy_headers: Mapping[str, str]

    @property
    def prefix(self) -> str:
        """What stands before the path in a request's target (RFC 9112, section 3.2)."""
        return self.origin.geturl() if self.proxy is not None and self.tls is None else ""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers for the proxy, where it sees each request."""
        return self.proxy_headers if self.tls is None else {}

    async def open(self, make: Callable[[], Connection]) -> Connection:
        """Open a connection. Raises `OSError`."""
        loop = asyncio.get_running_loop()
        first, tls = (self.origin, self.tls) if self.proxy is None else (self.proxy, self.proxy_tls)
        host = first.hostname or ""
        transport, connection = await loop.create_connection(
            make, host, _port(first), ssl=tls, server_hostname=host if tls else None
        )
        if self.proxy is None or self.tls is None:
            return connection
        try:
            await self._open_tunnel(connection)
            connection.end_use()
            inner = make()
            secured = await loop.start_tls(transport, inner, self.tls, server_hostname=self.origin.hostname)
        except BaseException:
            transport.abort()
            raise
        if secured is None:
            raise ProxyRefusedError("The connection ended before TLS began.")
        inner.connection_made(secured)
        return inner

    async def _open_tunnel(self, connection: Connection) -> None:
        host = f"{self.origin.hostname}:{_port(self.origin)}"
        head = encode_head("CONNECT", host, {"host": host, **self.proxy_headers})
        # Like one to HEAD, a response of success has no body (RFC 9110, section 9.3.6).
        answer = await connection.exchange(head, is_bodiless=True)
        if not 200 <= answer.status < 300:
            raise ProxyRefusedError(f"The proxy answers {answer.status}.")


class Routes:
    """Finds the route to an origin, such as `https://bucket.s3.amazonaws.com`."""

    def __init__(self, proxies: ProxyConfiguration, tls: Tls) -> None:
        self._proxies = proxies
        self._tls = tls
        self._context: ssl.SSLContext | None = None

    def find(self, origin: str) -> Route:
        """Raises `OSError` for files of certificates that cannot be read."""
        url, proxy_url = urlsplit(origin), self._proxies.proxy_url_for(origin)
        tls = self._own_context() if url.scheme == "https" else None
        if not proxy_url:
            return Route(url, tls, None, None, {})
        proxy = urlsplit(proxy_url)
        headers = {name.lower(): value for name, value in self._proxies.proxy_headers_for(proxy_url).items()}
        return Route(url, tls, proxy, self._proxy_context() if proxy.scheme == "https" else None, headers)

    def _own_context(self) -> ssl.SSLContext:
        # Of all origins: to load the authorities takes 20 ms.
        if self._context is None:
            self._context = self._tls.context()
        return self._context

    def _proxy_context(self) -> ssl.SSLContext:
        settings = self._proxies.settings
        authorities, client = settings.get("proxy_ca_bundle"), settings.get("proxy_client_cert")
        return Tls(authorities or self._tls.verify, client).context()


def _load_client(context: ssl.SSLContext, client: str | tuple[str, str] | None) -> None:
    if isinstance(client, str):
        context.load_cert_chain(client)
    elif client is not None:
        context.load_cert_chain(*client)


def _port(url: SplitResult) -> int:
    return url.port or _PORTS[url.scheme]
