"""Addresses of clients."""

from ipaddress import IPv6Address, ip_address, ip_network

# A client of IPv6 has a network of its own, with so many leading bits, and any address in it.
_IPV6_BITS = 64


def network_of(address: str) -> str:
    """Return the name of what one client has: its address, or of IPv6 its /64. Another text is its own name."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, _IPV6_BITS), strict=False))
