"""CORS by the rules of public buckets, on the paths of their files: beside the origins that may call all of the API.

A preflight has no credentials, so the rules of a private bucket do not count: it answers as one that does not exist.
"""

import re
from collections.abc import Iterable

from dishka import AsyncContainer
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from domain.buckets.cors import CorsRule, find_rule
from domain.buckets.find_cors import FindCors
from service.http.middleware.cors import AllowedOrigins, asked_headers, header, send_preflight, with_fields

_BUCKET = r"([a-z0-9][a-z0-9._-]{0,62})"
_FILES = re.compile(rf"/v1/buckets/{_BUCKET}/files(?:/.*)?", re.DOTALL)
_LISTING = re.compile(rf"(?:.*&)?bucket={_BUCKET}(?:&.*)?", re.DOTALL)
_VARY = (b"vary", b"Origin")
_ALLOW_ORIGIN = b"access-control-allow-origin"


def allow_origins_of_buckets(app: ASGIApp, container: AsyncContainer, origins: Iterable[str]) -> ASGIApp:
    """Wrap `app`, which allows `origins` on all paths: the origins of a public bucket may use its files by name."""
    everywhere = AllowedOrigins(origins)

    async def allowing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP and (origin := header(scope, b"origin")) and (bucket := _bucket_of(scope)):
            rules = await (await container.get(FindCors))(bucket)
            page = origin.decode("latin-1")
            if method := header(scope, b"access-control-request-method") if scope["method"] == "OPTIONS" else b"":
                asked = asked_headers(scope)
                rule = None if everywhere.allow(origin) else find_rule(rules, page, method.decode("latin-1"), asked)
                if rule is not None:
                    await send_preflight(send, preflight_fields(rule, origin, asked))
                    return
            elif rule := find_rule(rules, page, scope["method"]):
                send = _exposing(send, rule, origin)
        await app(scope, receive, send)

    return allowing


def _bucket_of(scope: HTTPScope) -> str | None:
    """Return the bucket whose files, or whose listing, the path is; None for other paths."""
    path = scope["path"]
    match = _FILES.fullmatch(path)
    if match is None and path == "/v1/files":
        match = _LISTING.fullmatch(scope["query_string"].decode("latin-1"))
    return None if match is None else match[1]


def _exposing(send: Send, rule: CorsRule, origin: bytes) -> Send:
    async def send_exposed(message: Message) -> None:
        if message["type"] == "http.response.start":
            fields = response_fields(rule, origin)
            # An origin of the setting is allowed already. Its pages may read what either allows.
            if any(name == _ALLOW_ORIGIN for name, _ in message["headers"]):
                fields = [each for each in fields if each[0] != _ALLOW_ORIGIN]
            message["headers"] = with_fields(message["headers"], fields)
        await send(message)

    return send_exposed


def response_fields(rule: CorsRule, origin: bytes) -> list[tuple[bytes, bytes]]:
    """Return the fields of any other answer that the rule shows to pages of `origin`."""
    fields = [_VARY, _allow_origin(rule, origin)]
    if rule.exposed_headers:
        fields.append((b"access-control-expose-headers", ", ".join(rule.exposed_headers).encode()))
    return fields


def preflight_fields(rule: CorsRule, origin: bytes, asked: Iterable[str]) -> list[tuple[bytes, bytes]]:
    """Return the fields of the answer to a preflight that the rule allows."""
    fields = [
        _VARY,
        _allow_origin(rule, origin),
        (b"access-control-allow-methods", ", ".join(rule.allowed_methods).encode()),
    ]
    if headers := ", ".join(asked):
        fields.append((b"access-control-allow-headers", headers.encode()))
    if rule.max_age is not None:
        fields.append((b"access-control-max-age", str(rule.max_age).encode()))
    return fields


def _allow_origin(rule: CorsRule, origin: bytes) -> tuple[bytes, bytes]:
    return _ALLOW_ORIGIN, b"*" if rule.is_for_any else origin
