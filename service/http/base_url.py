"""The URL by which clients reach the service: behind proxies, it is not the one it listens on."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from litestar.datastructures import Headers
from litestar.types import HTTPScope

Network = IPv4Network | IPv6Network


def base_url(scope: HTTPScope, *, public_url: str | None, trusted_proxies: Sequence[Network]) -> str:
    """Return the URL of the service, without a slash at its end, as the client of the request knows it.

    That is `public_url` if it is set; else the URL that a trusted proxy forwards (RFC 7239, or `X-Forwarded-Proto` and
    `X-Forwarded-Host`); else the request's own `Host`.
    """
    if public_url is not None:
        return public_url.rstrip("/")
    headers = Headers.from_scope(scope)
    scheme, host = str(scope["scheme"]), headers.get("host", "")
    if _is_trusted(scope, trusted_proxies):
        forwarded = _forwarded(headers)
        scheme, host = forwarded.get("proto", scheme), forwarded.get("host", host)
    return f"{scheme}://{host}" if scheme in {"http", "https"} and _is_host(host) else ""


def _is_trusted(scope: HTTPScope, trusted_proxies: Sequence[Network]) -> bool:
    client = scope["client"]
    if client is None or not trusted_proxies:
        return False
    try:
        address = ip_address(client[0].partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in trusted_proxies)


def _forwarded(headers: Headers) -> dict[str, str]:
    # The first element is the client's, as the outermost proxy saw it.
    if "forwarded" in headers:
        first = headers["forwarded"].partition(",")[0]
        pairs = (each.partition("=") for each in first.split(";"))
        forwarded = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
    else:
        forwarded = {
            name: headers.get(f"x-forwarded-{name}", "").partition(",")[0].strip() for name in ("proto", "host")
        }
    return {name: value for name, value in forwarded.items() if value and name in {"proto", "host"}}


def _is_host(host: str) -> bool:
    return bool(host) and not set(host) & set("/\\?#@ \t\"'<>")
