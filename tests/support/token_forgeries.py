"""Tokens that no provider has signed, or that say what they must not: a table for all tests of the way in."""

import hmac
import json
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from adapters.tokens.verification import MAX_BYTES
from tests.support.identity_provider import (
    claims_of,
    jwk,
    pem,
    private_key,
    raw_token,
    token,
    unsigned,
    with_signature,
)

HEADER = {"alg": "RS256", "kid": "first", "typ": "JWT"}


def hs256(secret: bytes, header: dict[str, Any]) -> str:
    signed = unsigned({**HEADER, "alg": "HS256", **header}, claims_of())
    return with_signature(signed, hmac.digest(secret, signed, sha256))


FORGERIES: dict[str, Callable[[], str]] = {
    "another key": lambda: token(key=private_key("another")),
    "another key, in the header": lambda: token(
        key=private_key("another"), header={"jwk": jwk(private_key("another"), "first")}
    ),
    "another key, by its URL": lambda: token(
        key=private_key("another"), header={"jku": "http://127.0.0.1:1/jwks", "x5u": "http://127.0.0.1:1/x5u"}
    ),
    "another key, in its certificate": lambda: token(key=private_key("another"), header={"x5c": ["MII"]}),
    "the public key as a secret": lambda: hs256(pem(private_key()).encode(), {}),
    "the public key as a secret, without its last line break": lambda: hs256(pem(private_key()).strip().encode(), {}),
    "an empty secret": lambda: hs256(b"", {}),
    "HS256 that says RS256": lambda: hs256(pem(private_key()).encode(), {"alg": "RS256"}),
    "ES256": lambda: token(key=private_key("ec", "EC"), algorithm="ES256"),
    "no signature": lambda: token().rpartition(".")[0] + ".",
    "none without a signature": lambda: with_signature(unsigned({"alg": "none"}, claims_of()), b""),
    "none with a signature": lambda: with_signature(unsigned({"alg": "none"}, claims_of()), b"x" * 256),
    "a changed claim": lambda: _with_claims(token(), sub="root"),
    "a changed header": lambda: _with_header(token(), kid="other"),
    "half a signature": lambda: token()[:-100],
    "a signature with more bits": lambda: _with_more_bits(token()),
    "padding": lambda: token() + "==",
    "a line break": lambda: token() + "\n",
    "four parts": lambda: token() + ".AA",
    "a huge token": lambda: token(unknown="x" * MAX_BYTES),
    "a claim that stands twice": lambda: raw_token(HEADER, _twice("sub", "root")),
    "a claim that stands twice inside": lambda: raw_token(
        HEADER, json.dumps(claims_of(x={"a": 1})).replace('{"a": 1}', '{"a": 1, "a": 2}').encode()
    ),
    "a header that stands twice": lambda: raw_token(b'{"alg":"RS256","alg":"RS256"}', claims_of()),
    "claims in UTF-16": lambda: raw_token(HEADER, json.dumps(claims_of()).encode("utf-16")),
    "a header in UTF-16": lambda: raw_token(json.dumps(HEADER).encode("utf-16"), claims_of()),
    "claims that are a list": lambda: raw_token(HEADER, b"[]"),
    "a header that is a list": lambda: raw_token(b'["alg"]', claims_of()),
    "claims that are no JSON": lambda: raw_token(HEADER, b"{"),
    "claims that are not UTF-8": lambda: raw_token(HEADER, b'{"sub": "\xff"}'),
    "claims nested deep": lambda: raw_token(HEADER, b'{"a":' + b"[" * 5000),
    "exp that is NaN": lambda: raw_token(HEADER, json.dumps(claims_of(exp=float("nan"))).encode()),
    "exp that is infinite": lambda: raw_token(HEADER, json.dumps(claims_of(exp=float("inf"))).encode()),
    "expired long ago": lambda: token(exp=1_000_000_000),
    "from the future": lambda: token(iat=int(time.time()) + 3600),
}


def _with_claims(of: str, **claims: Any) -> str:
    header, _, signature = of.split(".")
    changed = unsigned({}, claims_of(**claims)).decode().split(".")[1]
    return f"{header}.{changed}.{signature}"


def _with_header(of: str, **header: Any) -> str:
    _, claims, signature = of.split(".")
    return ".".join([unsigned({**HEADER, **header}, {}).decode().split(".")[0], claims, signature])


def _with_more_bits(of: str) -> str:
    # The last character of 342 has four bits of the signature, and two that count for nothing.
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(of[-1])
    return of[:-1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last ^ 1]


def _twice(name: str, value: Any) -> bytes:
    return (
        json.dumps(claims_of()).encode()[:-1]
        + f', "{name}": {json.dumps(value)}, "{name}": {json.dumps(value)}}}'.encode()
    )
