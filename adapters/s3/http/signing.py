"""AWS Signature Version 4 in headers, as S3 wants it: paths are not normalised, bodies not hashed."""

import hmac
import time
from functools import lru_cache
from hashlib import sha256

from botocore.credentials import ReadOnlyCredentials

from adapters.s3.http.address import Address
from adapters.s3.http.request import ObjectRequest

_ALGORITHM = "AWS4-HMAC-SHA256"
# The checksum of the body is signed instead.
_UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"


def sign(
    request: ObjectRequest, address: Address, credentials: ReadOnlyCredentials, *, now: float | None = None
) -> dict[str, str]:
    """Return the headers of the signed request, all of which are signed. `now` is a POSIX time."""
    timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    scope = f"{timestamp[:8]}/{address.region}/{address.service}/aws4_request"
    headers = {
        **request.headers,
        "host": address.host,
        "x-amz-content-sha256": _UNSIGNED_PAYLOAD,
        "x-amz-date": timestamp,
    }
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(headers))
    lines = "".join([f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers)])
    path = address.path(request.key)
    canonical = f"{request.method}\n{path}\n{request.query}\n{lines}\n{names}\n{_UNSIGNED_PAYLOAD}"
    text = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
    key = _signing_key(credentials.secret_key, timestamp[:8], address.region, address.service)
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    headers["authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return headers


@lru_cache(maxsize=8)
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    """Return the key for a day: it is the same for all requests of the day."""
    key = f"AWS4{secret}".encode()
    for text in (day, region, service, "aws4_request"):
        key = hmac.digest(key, text.encode(), "sha256")
    return key
