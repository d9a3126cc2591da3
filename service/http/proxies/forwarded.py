"""Trusted proxies' fields about requests that they pass on: `Forwarded` (RFC 7239) and the `X-Forwarded-…` fields."""

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

# Of one field, in all its lines. No chain of proxies has more to say: a longer one counts as missing.
MAX_BYTES = 8192

_PAIR = re.compile(r'\s*([!#$%&\'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[^;,"\s]*)\s*([;,]|$)')
# Segments of a path, none of which goes up; it is not a host, as `//evil` would be.
_SEGMENT = r"/(?!\.{1,2}(?:/|$))[0-9A-Za-z._~!$&'()*+;=:@%-]+"
_PREFIX = re.compile(rf"(?:{_SEGMENT})*/?")
# An address with a port, as some proxies send it.
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]+)?|([0-9.]+):[0-9]+")


def is_trusted(peer: str | None, proxies: Sequence[Network]) -> bool:
    """Return whether the other end of a connection is one of `proxies`."""
    address = _address(peer or "") if proxies else None
    return address is not None and any(address in network for network in proxies)


def forwarded_origin(fields: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return the `proto` and `host` that the client used, as far as they are said.

    The first element is the client's, as the outermost proxy saw it. Facts that `Forwarded` lacks may stand in the
    fields that are older than it.
    """
    origin = {name: _values(fields, f"x-forwarded-{name}").partition(",")[0].strip() for name in ("proto", "host")}
    first = next(_elements(_values(fields, "forwarded")), {})
    origin |= {name: value for name, value in first.items() if name in origin and value}
    return {name: value for name, value in origin.items() if value}


def forwarded_prefix(fields: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the path that proxies have taken away from the front of the request's, "" where there is none.

    Each proxy on the way adds its own behind those before it. Anything that is not a path counts as none.
    """
    prefixes = [each.strip() for each in _values(fields, "x-forwarded-prefix").split(",")]
    if not all(_PREFIX.fullmatch(each) for each in prefixes):
        return ""
    return "".join(each.rstrip("/") for each in prefixes)


def client_address(peer: str | None, fields: Iterable[tuple[bytes, bytes]], proxies: Sequence[Network]) -> str:
    """Return the address of the client: the last one on the way that is not of a trusted proxy.

    Elements before it may be made up. Without trusted proxies that is the `peer`, the connection's other end.
    """
    if not proxies or not is_trusted(peer, proxies):
        return peer or ""
    elements = list(_elements(_values(fields, "forwarded")))
    hops = (
        [each.get("for", "") for each in elements]
        if any("for" in each for each in elements)
        else _values(fields, "x-forwarded-for").split(",")
    )
    client = peer or ""
    for hop in reversed(hops):
        address = _address(hop.strip())
        if address is None:
            break
        client = str(address)
        if not is_trusted(client, proxies):
            break
    return client


def _values(fields: Iterable[tuple[bytes, bytes]], name: str) -> str:
    wanted = name.encode()
    value = b",".join(value for each, value in fields if each == wanted)
    return value.decode("latin-1") if len(value) <= MAX_BYTES else ""


def _elements(value: str) -> Iterator[dict[str, str]]:
    """Yield the elements of `Forwarded`, up to the first one that is malformed."""
    element: dict[str, str] = {}
    position = 0
    while match := _PAIR.match(value, position):
        given = match[2]
        element[match[1].lower()] = re.sub(r"\\(.)", r"\1", given[1:-1]) if given.startswith('"') else given
        if match[3] != ";":
            yield element
            element = {}
        position = match.end()
    if element:
        yield element


def _address(text: str) -> Address | None:
    with_port = _WITH_PORT.fullmatch(text)
    if with_port:
        text = with_port[1] or with_port[2]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
