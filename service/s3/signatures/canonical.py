"""The canonical form of a request, which is what is signed.

AWS, «Signature Calculations for the Authorization Header», with what S3 does unlike the others: the path is taken as it
is, and encoded once.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from urllib.parse import quote_from_bytes, unquote_to_bytes

Fields = Iterable[tuple[bytes, bytes]]

# Of the query alone: it cannot sign itself.
SIGNATURE_PARAMETER = "X-Amz-Signature"

_UNRESERVED = "-._~"
# Most paths, which are their own canonical form.
_CANONICAL_PATH = re.compile(rb"[/0-9A-Za-z._~-]*")


def canonical_path(raw_path: bytes) -> str:
    """Return a path in its one spelling: decoded once and encoded once, and else as it was sent."""
    if _CANONICAL_PATH.fullmatch(raw_path):
        return raw_path.decode("ascii")
    return quote_from_bytes(unquote_to_bytes(raw_path), safe=f"/{_UNRESERVED}")


def canonical_query(raw_query: bytes, without: str | None = None) -> str:
    """Return the query sorted by names, then by values, all of them encoded; but for the parameter `without`."""
    pairs = sorted(
        (quote_from_bytes(name, safe=_UNRESERVED), quote_from_bytes(value, safe=_UNRESERVED))
        for name, value in split_query(raw_query)
    )
    return "&".join(f"{name}={value}" for name, value in pairs if name != without)


def split_query(raw_query: bytes) -> list[tuple[bytes, bytes]]:
    """Return the parameters in their order, decoded once. One without a value has an empty one."""
    pairs = []
    # In a query, unlike in a path, a plus is a space.
    for part in raw_query.replace(b"+", b" ").split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return pairs


def canonical_headers(headers: Mapping[bytes, bytes], signed: Sequence[str]) -> str:
    """Return the lines of the signed headers, see `joined_headers`."""
    return "".join(f"{name}:{headers.get(name.encode(), b'').decode('latin-1')}\n" for name in signed)


def joined_headers(fields: Fields) -> dict[bytes, bytes]:
    """Return the values of each header, joined by commas, in which a run of spaces counts as one."""
    joined: dict[bytes, bytes] = {}
    for name, value in fields:
        folded = b" ".join(value.split())
        joined[name] = b",".join((joined[name], folded)) if name in joined else folded
    return joined


def canonical_request(
    *, method: str, path: str, query: str, headers: str, signed: Sequence[str], payload_hash: str
) -> bytes:
    """Return the canonical request; header values are bytes of the wire, as Latin-1 has them."""
    return "\n".join((method, path, query, headers, ";".join(signed), payload_hash)).encode("latin-1")


def string_to_sign(algorithm: str, timestamp: str, scope: str, request: bytes) -> bytes:
    """Return what the key signs: the hash of the canonical request, when, and for what."""
    return "\n".join((algorithm, timestamp, scope, sha256(request).hexdigest())).encode()
