"""The service's own URLs as clients know them: behind proxies, it is not the address that the service listens on."""

import re
from collections.abc import Sequence

from litestar.types import HTTPScope

from service.http.proxies.forwarded import Network, forwarded_origin, forwarded_prefix, is_trusted

_HOST = re.compile(r"[0-9A-Za-z._~%:\[\]-]+")


def base_url(scope: HTTPScope, *, public_url: str | None, trusted_proxies: Sequence[Network]) -> str:
    """Return the URL of the service, without a slash at its end, as the client of the request knows it.

    That is `public_url` if it is set; else the URL that a trusted proxy forwards (RFC 7239, or `X-Forwarded-Proto`,
    `X-Forwarded-Host` and `X-Forwarded-Prefix`); else the request's own `Host`. It is a path alone where the host is
    none.
    """
    if public_url is not None:
        return public_url.rstrip("/")
    scheme, host, prefix = str(scope["scheme"]), _host(scope), ""
    if _is_forwarded(scope, trusted_proxies):
        origin, prefix = forwarded_origin(scope["headers"]), forwarded_prefix(scope["headers"])
        scheme, host = origin.get("proto", scheme), origin.get("host", host)
    return f"{scheme}://{host}{prefix}" if scheme in {"http", "https"} and _is_host(host) else prefix


def own_url(path: str, scope: HTTPScope, *, public_url: str | None, trusted_proxies: Sequence[Network]) -> str:
    """Return the URL of a `path` of the service, as the client of the request knows it.

    It is whole where the setting or a trusted proxy says how it begins. Else it is the path, which is right by
    whichever scheme and host the client came here.
    """
    is_told = public_url is not None or (
        _is_forwarded(scope, trusted_proxies) and bool(forwarded_origin(scope["headers"]))
    )
    if is_told:
        return base_url(scope, public_url=public_url, trusted_proxies=trusted_proxies) + path
    prefix = forwarded_prefix(scope["headers"]) if _is_forwarded(scope, trusted_proxies) else ""
    return prefix + path


def _is_forwarded(scope: HTTPScope, trusted_proxies: Sequence[Network]) -> bool:
    client = scope["client"]
    return client is not None and is_trusted(client[0], trusted_proxies)


def _host(scope: HTTPScope) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")


def _is_host(host: str) -> bool:
    return bool(_HOST.fullmatch(host))
