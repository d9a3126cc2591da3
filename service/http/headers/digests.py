"""Digests of bodies (RFC 9530)."""

from typing import Any

from litestar import Request

from domain.values.digests import Digest, parse_content_md5, parse_digests
from domain.values.errors import InvalidDigestError


def declared_digests(request: Request[Any, Any, Any]) -> tuple[Digest, ...]:
    """Return what the request says that its body adds up to. Raises `InvalidDigestError`.

    A body that is a whole file, without a coding, is the representation: `Repr-Digest` and `Content-Digest` mean the
    same. `Content-MD5` is older than both (RFC 1864).
    """
    digests = [
        digest
        for header in ("content-digest", "repr-digest")
        for digest in parse_digests(", ".join(request.headers.getall(header, [])))
    ]
    match request.headers.getall("content-md5", []):
        case []:
            pass
        case [md5]:
            digests.append(parse_content_md5(md5))
        case _:
            raise InvalidDigestError("Content-MD5 stands more than once.")
    return tuple(digests)
