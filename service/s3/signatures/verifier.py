"""The one verifier of requests, before any routing."""

import re
import time
from collections.abc import Callable
from typing import NamedTuple

from domain.access.authenticate_signed import AuthenticateSigned
from domain.access.callers import Caller
from service.s3.errors import S3Error
from service.s3.signatures.canonical import (
    SIGNATURE_PARAMETER,
    canonical_headers,
    canonical_path,
    canonical_query,
    canonical_request,
    joined_headers,
    string_to_sign,
)
from service.s3.signatures.credentials import (
    ALGORITHM,
    PARAMETERS,
    Credentials,
    from_header,
    from_query,
    malformed_header,
    malformed_query,
    unsupported,
)
from service.s3.signatures.payload import Payload
from service.s3.signatures.signing_key import is_signature

MAX_SKEW_SECONDS = 900

_PAYLOAD_HEADER = b"x-amz-content-sha256"
_PAYLOADS = frozenset(Payload)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Head(NamedTuple):
    """The head of a request, as it was sent; the names of its headers are in lower case, its query is also decoded."""

    method: str
    raw_path: bytes
    raw_query: bytes
    query: list[tuple[str, str]]
    fields: list[tuple[bytes, bytes]]


class Verified(NamedTuple):
    """The caller of a request whose head is what they signed, and how its body is to be verified.

    `payload` is the value of `x-amz-content-sha256`; chunks of the body are signed with the `key`, on and on from the
    `signature` of the head. `is_presigned`: parameters of the query stand for headers.
    """

    caller: Caller
    payload: str
    key: bytes
    credentials: Credentials

    @property
    def is_presigned(self) -> bool:
        return self.credentials.expires is not None

    def __repr__(self) -> str:
        return f"Verified(caller={self.caller!r}, ...)"


class Verifier:
    """Finds the caller of a request by its signature, in the header or in the query."""

    def __init__(self, authenticate: AuthenticateSigned, region: str, now: Callable[[], float] = time.time) -> None:
        self._authenticate = authenticate
        self._region = region
        self._now = now

    async def __call__(self, head: Head, address: str) -> Verified | None:
        """Return the caller at that address, None for a request without credentials.

        Wrong credentials are never taken for none. Raises `S3Error`, and all that `AuthenticateSigned` does.
        """
        headers = joined_headers(head.fields)
        credentials = self._credentials(head, headers)
        if credentials is None:
            return None
        _require_all_signed(credentials, headers)
        self._check_scope(credentials)
        self._check_time(credentials)
        payload = _payload_of(credentials, headers)
        request = canonical_request(
            method=head.method,
            path=canonical_path(head.raw_path),
            query=canonical_query(head.raw_query, SIGNATURE_PARAMETER if credentials.expires is not None else None),
            headers=canonical_headers(headers, credentials.signed_headers),
            signed=credentials.signed_headers,
            payload_hash=payload,
        )
        text = string_to_sign(ALGORITHM, credentials.timestamp, str(credentials.scope), request)
        signed = await self._authenticate(
            credentials.access_key_id,
            address,
            credentials.scope,
            lambda key: is_signature(key, text, credentials.signature),
        )
        return Verified(signed.caller, payload, signed.key, credentials)

    def _credentials(self, head: Head, headers: dict[bytes, bytes]) -> Credentials | None:
        authorization = headers.get(b"authorization")
        names = {name for name, _ in head.query}
        if not names.isdisjoint({"AWSAccessKeyId", "Signature"}):
            raise unsupported()
        is_presigned = not names.isdisjoint(PARAMETERS)
        if authorization is not None and is_presigned:
            raise S3Error(
                "InvalidArgument", "A request is signed in its Authorization header or in its query, and not in both."
            )
        if is_presigned:
            return from_query(head.query)
        if authorization is not None:
            return from_header(authorization.decode("latin-1"), headers)
        return None

    def _check_scope(self, credentials: Credentials) -> None:
        malformed = malformed_header if credentials.expires is None else malformed_query
        region = credentials.scope.region
        if region != self._region:
            raise malformed(f"the region {region!r} is wrong; expecting {self._region!r}", self._region)
        if credentials.scope.day != credentials.timestamp[:8]:
            raise malformed("the Credential is of another day than the request")

    def _check_time(self, credentials: Credentials) -> None:
        signed_at, now = credentials.signed_at.timestamp(), self._now()
        if credentials.expires is None:
            if abs(now - signed_at) > MAX_SKEW_SECONDS:
                raise S3Error(
                    "RequestTimeTooSkewed",
                    "The difference between the request time and the current time is too large.",
                    {"RequestTime": credentials.timestamp, "MaxAllowedSkewMilliseconds": MAX_SKEW_SECONDS * 1000},
                )
        elif signed_at - now > MAX_SKEW_SECONDS:
            raise S3Error("AccessDenied", "The request is not valid yet.")
        elif now > signed_at + credentials.expires:
            raise S3Error("AccessDenied", "The request has expired.")


def _require_all_signed(credentials: Credentials, headers: dict[bytes, bytes]) -> None:
    """Return if what decides about the request was signed, else raise `S3Error`.

    A header that is added to a request that somebody else has signed would act with their rights.
    """
    signed = {name.encode() for name in credentials.signed_headers}
    # The value of this one is in what is signed, or counts for nothing.
    needed = {name for name in headers if name.startswith(b"x-amz-")} - {_PAYLOAD_HEADER} | {b"host"}
    if unsigned := needed - signed:
        names = b", ".join(sorted(unsigned)).decode("latin-1")
        raise S3Error(
            "AccessDenied",
            "There were headers present in the request which were not signed.",
            {"HeadersNotSigned": names},
        )


def _payload_of(credentials: Credentials, headers: dict[bytes, bytes]) -> str:
    value = headers.get(_PAYLOAD_HEADER)
    if credentials.expires is not None and (
        value is None or _PAYLOAD_HEADER.decode() not in credentials.signed_headers
    ):
        return Payload.UNSIGNED
    if value is None:
        raise S3Error("InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    payload = value.decode("latin-1")
    if payload not in _PAYLOADS and not _SHA256.fullmatch(payload):
        raise S3Error("InvalidArgument", f"x-amz-content-sha256 must be {', '.join(Payload)} or a valid sha256 value.")
    return payload
