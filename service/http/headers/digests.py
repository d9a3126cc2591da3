"""Digests of content in header fields (RFC 9530), those that a client declares and those that we send."""

import binascii
from base64 import b64decode, b64encode

from litestar.datastructures import Headers

from domain.values.digests import Digest, make_digest
from domain.values.errors import InvalidDigestError
from service.http.headers.fields import field_value
from service.http.headers.structured_fields import parse_dictionary


def declared_digests(headers: Headers) -> tuple[Digest, ...]:
    """Return the digests that a request declares for its body. Raises `InvalidDigestError`.

    A body that is a whole file, without a coding, is the representation: `Repr-Digest` and `Content-Digest` mean the
    same. `Content-MD5` is older than both (RFC 1864).
    """
    digests = [
        digest for name in ("content-digest", "repr-digest") for digest in parse_digests(field_value(headers, name))
    ]
    match headers.getall("content-md5", []):
        case []:
            pass
        case [md5]:
            digests.append(parse_content_md5(md5))
        case _:
            raise InvalidDigestError("Content-MD5 stands more than once.")
    return tuple(digests)


def parse_digests(value: str) -> tuple[Digest, ...]:
    """Return the digests of `Content-Digest` or `Repr-Digest` whose algorithm is known; others are ignored.

    Raises `InvalidDigestError`.
    """
    members = parse_dictionary(value)
    if members is None:
        raise InvalidDigestError("The digests are not a dictionary such as sha-256=:…:, in Base64 between colons.")
    return tuple(make_digest(name, each) for name, each in members.items() if name in {"sha-256", "sha-512"})


def parse_content_md5(value: str) -> Digest:
    """Return the digest of `Content-MD5` (RFC 1864). Raises `InvalidDigestError`."""
    try:
        return make_digest("md5", b64decode(value.strip(" \t"), validate=True))
    except (binascii.Error, ValueError):
        raise InvalidDigestError("Content-MD5 is not Base64.") from None


def sha256_digest(sha256: str) -> str:
    """Return the value of `Repr-Digest`, or `Content-Digest`, for a SHA-256 in hex."""
    return f"sha-256=:{b64encode(bytes.fromhex(sha256)).decode('ascii')}:"


def sha256_preference(want: str) -> int | None:
    """Return the weight of SHA-256 in `Want-Repr-Digest`, or `Want-Content-Digest`: 1 to 10, 0 for "not wanted".

    None where the field does not name it, or is malformed (section 4).
    """
    if not want:
        return None
    preference = (parse_dictionary(want) or {}).get("sha-256")
    return preference if isinstance(preference, int) and 0 <= preference <= 10 else None
