"""The credentials of a request, as its header or its query states them: nothing in them is verified yet."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import NamedTuple

from service.s3.errors import S3Error
from service.s3.signatures.signing_key import SERVICE, TERMINATOR, CredentialScope

ALGORITHM = "AWS4-HMAC-SHA256"
# A week.
MAX_EXPIRES = 604_800

_PART = re.compile(r" *(Credential|SignedHeaders|Signature)=([^ ,]*) *")
_TIMESTAMP = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
# Of the query of a presigned URL.
PARAMETERS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)


Malformed = Callable[[str], S3Error]


class Credentials(NamedTuple):
    """What a request says of its signature. `expires` is in seconds, None for one signed in its headers."""

    access_key_id: str
    scope: CredentialScope
    signed_headers: Sequence[str]
    signature: str
    timestamp: str
    expires: int | None = None

    @property
    def signed_at(self) -> datetime:
        """When the request was signed, by the signer's clock."""
        return _time_of(self.timestamp)


def from_header(authorization: str, headers: Mapping[bytes, bytes]) -> Credentials:
    """Return the credentials in an `Authorization` header. Raises `S3Error`."""
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise unsupported()
    matches = [_PART.fullmatch(part) for part in rest.split(",")]
    parts = {match[1]: match[2] for match in matches if match is not None}
    if len(matches) != len(parts) or len(parts) != 3:
        raise malformed_header("it has Credential, SignedHeaders and Signature, once each, separated by commas")
    access_key_id, scope = parse_credential(parts["Credential"], malformed_header)
    return Credentials(
        access_key_id,
        scope,
        _parse_names(parts["SignedHeaders"], malformed_header),
        parse_signature(parts["Signature"], malformed_header),
        _timestamp_of(headers),
    )


def from_query(query: Sequence[tuple[str, str]]) -> Credentials:
    """Return the credentials of a presigned URL. Raises `S3Error`."""
    given: dict[str, str] = {}
    for name, value in query:
        if name in PARAMETERS:
            if name in given:
                raise malformed_query(f"{name} stands in it more than once")
            given[name] = value
    missing = [name for name in PARAMETERS if name not in given]
    if missing:
        raise malformed_query(f"{', '.join(missing)} is missing")
    if given["X-Amz-Algorithm"] != ALGORITHM:
        raise unsupported()
    access_key_id, scope = parse_credential(given["X-Amz-Credential"], malformed_query)
    return Credentials(
        access_key_id,
        scope,
        _parse_names(given["X-Amz-SignedHeaders"], malformed_query),
        parse_signature(given["X-Amz-Signature"], malformed_query),
        parse_timestamp(given["X-Amz-Date"]),
        _parse_expires(given["X-Amz-Expires"]),
    )


def malformed_header(reason: str, region: str | None = None) -> S3Error:
    """Return the error for an `Authorization` header that breaks the rules; clients sign for the `region` instead."""
    return _malformed("AuthorizationHeaderMalformed", f"The authorization header is malformed; {reason}.", region)


def malformed_query(reason: str, region: str | None = None) -> S3Error:
    """Return the error for the parameters of a presigned URL that break the rules, as `malformed_header` does."""
    return _malformed("AuthorizationQueryParametersError", f"The query's parameters are malformed; {reason}.", region)


def unsupported() -> S3Error:
    """Return the error for another way of signing, such as Signature Version 2."""
    return S3Error(
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256 "
        '(boto3 presigns with it where it is told signature_version="s3v4").',
    )


def _malformed(code: str, message: str, region: str | None) -> S3Error:
    if region is None:
        return S3Error(code, message)
    return S3Error(code, message, {"Region": region}, headers={"x-amz-bucket-region": region})


def parse_credential(text: str, malformed: Malformed) -> tuple[str, CredentialScope]:
    """Return the access key id and the scope in a credential. Raises what `malformed` returns for a reason."""
    # An access key id of another kind could hold slashes, so the parts are counted from the end.
    parts = text.rsplit("/", 4)
    if len(parts) != 5:
        raise malformed("the Credential is of the form <access key id>/YYYYMMDD/<region>/s3/aws4_request")
    access_key_id, day, region, service, terminator = parts
    if service != SERVICE or terminator != TERMINATOR:
        raise malformed("the Credential ends in /s3/aws4_request")
    return access_key_id, CredentialScope(day, region)


def _parse_names(text: str, malformed: Malformed) -> Sequence[str]:
    names = text.split(";")
    if not text.isascii() or not text.islower() or names != sorted(set(names)):
        raise malformed("SignedHeaders has names in lower case, sorted, separated by semicolons")
    return names


def parse_signature(text: str, malformed: Malformed) -> str:
    """Return a signature, which is in hex. Raises what `malformed` returns for a reason."""
    if not _SIGNATURE.fullmatch(text):
        raise malformed("the Signature has 64 hexadecimal digits in lower case")
    return text


def _parse_expires(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= MAX_EXPIRES:
        raise malformed_query(f"X-Amz-Expires is from 1 to {MAX_EXPIRES} seconds")
    return int(text)


def _timestamp_of(headers: Mapping[bytes, bytes]) -> str:
    if (amz_date := headers.get(b"x-amz-date")) is not None:
        return parse_timestamp(amz_date.decode("latin-1"))
    try:
        date = parsedate_to_datetime(headers.get(b"date", b"").decode("latin-1")).astimezone(UTC)
    except (ValueError, OverflowError):
        raise S3Error("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header.") from None
    return parse_timestamp(date.strftime("%Y%m%dT%H%M%SZ"))


def parse_timestamp(text: str) -> str:
    """Return a time in the basic form of ISO 8601. Raises `S3Error`, `AccessDenied`."""
    try:
        _time_of(text)
    except ValueError:
        raise S3Error("AccessDenied", "X-Amz-Date is of the form YYYYMMDDTHHMMSSZ, in UTC.") from None
    return text


# Requests of one second have one; to read it takes as long as all else of a signature.
@lru_cache(maxsize=256)
def _time_of(timestamp: str) -> datetime:
    if not _TIMESTAMP.fullmatch(timestamp):
        raise ValueError(timestamp)
    return datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
