"""CORS of the S3 protocol: by the rules of a bucket, and by the origins that the settings allow everywhere.

A preflight has no credentials, so a private bucket answers as one that does not exist (docs/decisions/0029). But for
the preflight of a presigned URL: that URL is a credential, and is verified. Other answers follow the rules of each
bucket that the caller sees.
"""

from collections.abc import Container, Iterable
from typing import cast

import msgspec
from dishka import AsyncContainer
from litestar.enums import HttpMethod
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from domain.access.callers import NOBODY, Caller
from domain.buckets.cors import CorsRule, find_rule
from domain.buckets.errors import InvalidBucketError
from domain.buckets.find_cors import FindCors
from domain.buckets.model import check_bucket_name
from domain.errors import FileportError
from service.http.middleware.bucket_cors import preflight_fields, response_fields
from service.http.middleware.cors import AllowedOrigins, asked_headers, header, send_preflight, with_fields
from service.s3.address import Addresses
from service.s3.errors import S3Error
from service.s3.query import decode_query
from service.s3.responses import error_response
from service.s3.signatures.verifier import Head, Verifier

_ANY = CorsRule(
    allowed_origins=("*",),
    allowed_methods=("GET", "HEAD", "PUT", "POST", "DELETE"),
    allowed_headers=("*",),
    exposed_headers=("ETag", "x-amz-request-id", "x-amz-id-2", "x-amz-version-id"),
)


def has_origin_or_asks(scope: HTTPScope, names: Container[bytes]) -> bool:
    """Return whether a request comes from a page or is a preflight, by its method and the `names` of its fields."""
    return b"origin" in names or scope["method"] == HttpMethod.OPTIONS


class Cors:
    """Answers preflights, and shows pages the responses of `app` that they may see."""

    def __init__(
        self, app: ASGIApp, container: AsyncContainer, addresses: Addresses, *, origins: Iterable[str]
    ) -> None:
        self._app = app
        self._container = container
        self._addresses = addresses
        self._everywhere = AllowedOrigins(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope = cast(HTTPScope, scope)
        origin = header(scope, b"origin")
        if scope["method"] == HttpMethod.OPTIONS:
            try:
                fields = await self._preflight(scope, origin)
            except S3Error as error:
                await error_response(scope, error, scope["path"])(scope, receive, send)
            else:
                await send_preflight(send, fields)
            return

        async def send_shown(message: Message) -> None:
            if message["type"] == "http.response.start":
                caller = cast(Caller, scope.get("user") or NOBODY)
                rule = await self._find(scope, origin, scope["method"], [], caller=caller)
                fields = [(b"vary", b"Origin")] if rule is None else response_fields(rule, origin)
                message["headers"] = with_fields(message["headers"], fields)
            await send(message)

        await self._app(scope, receive, send_shown if origin else send)

    async def _preflight(self, scope: HTTPScope, origin: bytes) -> list[tuple[bytes, bytes]]:
        """Return the fields of the answer. Raises `S3Error`."""
        method = header(scope, b"access-control-request-method").decode("latin-1")
        if not origin or not method:
            raise S3Error(
                "BadRequest", "Insufficient information. Origin and Access-Control-Request-Method are needed."
            )
        asked = asked_headers(scope)
        caller = await self._presigning(scope, method)
        rule = await self._find(scope, origin, method, asked, caller=caller)
        if rule is None:
            raise S3Error("AccessForbidden", "CORSResponse: This CORS request is not allowed.")
        return preflight_fields(rule, origin, asked)

    async def _find(
        self, scope: HTTPScope, origin: bytes, method: str, asked: list[str], *, caller: Caller
    ) -> CorsRule | None:
        page = origin.decode("latin-1")
        if self._everywhere.allow(origin) and _ANY.allows(page, method, asked):
            return msgspec.structs.replace(_ANY, allowed_origins=(page,))
        try:
            bucket = check_bucket_name(self._addresses.parse(scope).bucket)
        except (S3Error, InvalidBucketError):
            return None
        find = await self._container.get(FindCors)
        return find_rule(await find(bucket, has_sight=caller.permissions.show_bucket(bucket)), page, method, asked)

    async def _presigning(self, scope: HTTPScope, method: str) -> Caller:
        """Return the caller who has presigned the URL of a preflight for `method`, nobody where that is not told.

        A preflight has none of the headers of its request but the host, so only that may be signed beside the URL.
        """
        try:
            query = decode_query(scope["query_string"])
            if ("X-Amz-SignedHeaders", "host") not in query:
                return NOBODY
            host = [each for each in scope["headers"] if each[0] == b"host"]
            head = Head(method, scope["raw_path"], scope["query_string"], query, host)
            verified = await (await self._container.get(Verifier))(head, scope["state"]["client"] or "")
        except (S3Error, FileportError):
            return NOBODY
        return NOBODY if verified is None else verified.caller
