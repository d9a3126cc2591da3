"""The checks of a token: its form, its header, its signature, its claims (RFC 7515, RFC 7519, RFC 8725, RFC 9068)."""

import json
import re
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import Any

import jwt
import msgspec
from cryptography.exceptions import InvalidSignature

from adapters.tokens.ports import PublicKey
from domain.access.errors import InvalidScopeError
from domain.access.scopes import Permissions, Scope, check_scopes

MAX_BYTES = 8192
# In seconds.
MAX_LIFE = 86_400
LEEWAY = 60

_FORM = re.compile(r"[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+")
# Media types without their `application/`. A token without a type is a JWT: many providers set none.
_TYPES = frozenset({"jwt", "at+jwt"})
_MAX_KEY_ID = 256
_MAX_SUBJECT = 255
_UNSOUND = re.compile(r"[\u0000-\u001f\u007f-\u009f\ud800-\udfff]")
_OPTIONS: Any = {"require": ["exp", "iss", "aud", "sub"], "enforce_minimum_key_length": True}


class RefusedTokenError(Exception):
    """The token is not valid. The message says why, and holds nothing of the token: it is for the log."""


class TokenRules(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of the one identity provider. `scopes_claim` is a list in the form of a key's scopes."""

    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    scopes_claim: str


class Header(msgspec.Struct, frozen=True):
    """A token's claims about its own signature. Nothing here is verified."""

    algorithm: str
    key_id: str | None


class Claims(msgspec.Struct, frozen=True):
    """The provider's claims about the caller. `expires_at` is in seconds since the epoch."""

    issuer: str
    subject: str
    expires_at: float
    permissions: Permissions


def is_token(credential: str) -> bool:
    """Return whether a credential has the form of a token: three parts in base64url with dots between."""
    return len(credential) <= MAX_BYTES and _FORM.fullmatch(credential) is not None


def read_header(token: str, rules: TokenRules) -> Header:
    """Return the header of a text that has the form of a token. Raises `RefusedTokenError`.

    The keys and addresses that a header may hold (`jwk`, `jku`, `x5c`, `x5u`) are not looked at: keys come from the
    settings alone, and an id of a key is nothing but a name to compare.
    """
    header = _object(token.partition(".")[0], "header")
    algorithm, key_id, type_ = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if algorithm not in rules.algorithms:
        raise RefusedTokenError("its algorithm is not one of JWT_ALGORITHMS")
    if not isinstance(type_, str) or type_.lower().removeprefix("application/") not in _TYPES:
        raise RefusedTokenError("its type is not JWT or at+jwt")
    if "crit" in header or "b64" in header:
        raise RefusedTokenError("its header has extensions that must be understood")
    if "kid" in header and not (isinstance(key_id, str) and len(key_id) <= _MAX_KEY_ID):
        raise RefusedTokenError("the id of its key is not a short text")
    return Header(algorithm, key_id)


def read_claims(token: str, key: PublicKey, rules: TokenRules) -> Claims:
    """Return the claims of a token that `key` verifies, and that is valid now. Raises `RefusedTokenError`."""
    _object(token.split(".")[1], "body")
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=rules.algorithms,
            issuer=rules.issuer,
            audience=rules.audience,
            leeway=LEEWAY,
            options=_OPTIONS,
        )
    except (jwt.PyJWTError, InvalidSignature, ValueError, TypeError) as error:
        raise RefusedTokenError(f"{type(error).__name__} in PyJWT") from None
    _check_times(claims)
    subject = claims["sub"]
    if not 0 < len(subject) <= _MAX_SUBJECT or _UNSOUND.search(subject):
        raise RefusedTokenError(f"sub is not a text of 1 to {_MAX_SUBJECT} characters without control characters")
    return Claims(claims["iss"], subject, claims["exp"], _permissions(claims, rules.scopes_claim))


def _check_times(claims: Mapping[str, Any]) -> None:
    for name in ("exp", "iat", "nbf"):
        # PyJWT takes text and booleans as well.
        if name in claims and type(claims[name]) not in {int, float}:
            raise RefusedTokenError(f"{name} is not a number")
    # Compared, numbers of any size are sound; subtracted, some are too large for a float.
    if claims["exp"] > claims.get("iat", time.time()) + MAX_LIFE + LEEWAY:
        raise RefusedTokenError("it lives for more than a day")


def _permissions(claims: Mapping[str, Any], name: str) -> Permissions:
    """Return the rights that the claim grants; a token without it has none. One malformed scope voids the token."""
    if name not in claims:
        return Permissions()
    try:
        scopes = msgspec.convert(claims[name], tuple[Scope, ...])
        return Permissions(check_scopes(scopes) if scopes else ())
    except (msgspec.ValidationError, InvalidScopeError, UnicodeError):
        raise RefusedTokenError("its scopes are malformed") from None


def _object(part: str, name: str) -> Mapping[str, Any]:
    """Return the JSON object in a part of a token. Each name stands in it once (RFC 7519, section 4)."""
    try:
        # UTF-8 alone: PyJWT would take UTF-16 and UTF-32 as well, so that it might read other claims.
        text = urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode()
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise RefusedTokenError(f"its {name} is not a JSON object whose names stand once each")
    return value


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(members)) < len(members):
        raise ValueError("A name stands twice.")
    return dict(members)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not in the standard of JSON.")
