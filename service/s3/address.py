"""The bucket and the key that a request is for, from its path as it was sent, and from its host."""

from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from litestar.types import HTTPScope

from service.s3.errors import S3Error

# Where the protocol stands beside the API.
MOUNT = b"/s3"


class Address(NamedTuple):
    """A bucket and a key in it; both empty for the service, and the key for a bucket."""

    bucket: str = ""
    key: str = ""

    @property
    def resource(self) -> str:
        """The address as an error names it."""
        return f"/{self.bucket}/{self.key}" if self.key else f"/{self.bucket}"


class Addresses:
    """Where the protocol stands: at `MOUNT`, at the root of a port of its own, and at the root of a domain.

    Below the domain each bucket has a host of its own, `<bucket>.<domain>` (AWS, «Virtual hosting of buckets»).
    """

    def __init__(self, port: int | None = None, domain: str | None = None) -> None:
        self._port = port
        self._domain = None if domain is None else domain.encode()

    def is_s3(self, scope: HTTPScope) -> bool:
        """Return whether a request is for the S3 protocol."""
        return _is_mounted(scope["raw_path"]) or self._is_at_root(scope)

    def parse(self, scope: HTTPScope) -> Address:
        """Return the address that a request for the protocol has. Raises `S3Error`, `InvalidURI`.

        The key is all that follows the bucket's slash, percent-decoded once and as it is: it is a name, not a path, so
        that empty segments, `.` and `..` are a part of it.
        """
        path = scope["raw_path"]
        if not self._is_at_root(scope):
            path = path[len(MOUNT) :]
        path = path.removeprefix(b"/")
        if self._domain is not None and (host := _host(scope)).endswith(b"." + self._domain):
            return Address(host[: -len(self._domain) - 1].decode("latin-1"), _decode(path))
        bucket, _, key = path.partition(b"/")
        return Address(_decode(bucket), _decode(key))

    def _is_at_root(self, scope: HTTPScope) -> bool:
        if self._port is not None and scope["server"] is not None and scope["server"][1] == self._port:
            return True
        if self._domain is None:
            return False
        host = _host(scope)
        return host == self._domain or host.endswith(b"." + self._domain)


def _is_mounted(raw_path: bytes) -> bool:
    return raw_path.startswith(MOUNT) and raw_path[len(MOUNT) : len(MOUNT) + 1] in {b"", b"/"}


def _host(scope: HTTPScope) -> bytes:
    """Return the host that a request is for, in lower case, without its port."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"")
    name, colon, port = host.rpartition(b":")
    # Not the colons of an IPv6 address.
    return (name if colon and port.isdigit() else host).rstrip(b".").lower()


def _decode(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", "The path is not percent-encoded UTF-8.") from None
