"""Tokens of the identity provider: a sound one makes a caller, and no forgery does."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapters.tokens import StaticKey, TokenRules, TokenSource, UnusableKeyError, check_algorithms
from adapters.tokens.keys import read_key_set
from adapters.tokens.verification import LEEWAY
from domain.access.callers import ROOT
from domain.access.scopes import Permissions, Scope
from tests.fakes.clock import FakeClock
from tests.support.identity_provider import (
    AUDIENCE,
    ISSUER,
    READ_ALL,
    claims_of,
    jwk,
    pem,
    private_key,
    raw_token,
    token,
)
from tests.support.token_forgeries import FORGERIES, HEADER

RULES = TokenRules(issuer=ISSUER, audience=AUDIENCE, algorithms=("RS256",), scopes_claim="fileport_scopes")
READS = Scope(actions=("read", "list"), bucket="*")


def make_source(rules: TokenRules = RULES, key: Any = None, refusals: list[str] | None = None) -> TokenSource:
    keys = StaticKey(pem(key or private_key()), rules.algorithms)
    told: list[str] = [] if refusals is None else refusals
    return TokenSource(rules, keys, FakeClock(), on_refusal=told.append)


async def test_a_sound_token_makes_its_subject_a_caller_with_its_scopes() -> None:
    expires = int(time.time()) + 600
    caller = await make_source().caller_of(token(exp=expires), "")
    assert caller is not None
    assert (caller.kind, caller.id, caller.permissions) == ("token", f"{ISSUER} u1", Permissions((READS,)))
    assert caller.expires_at is not None
    assert caller.expires_at.timestamp() == expires


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({}, {"aud": [AUDIENCE, "other"]}),
        ({}, {"iat": None}),
        ({}, {"nbf": 0}),
        ({"typ": None}, {}),
        ({"typ": "at+jwt"}, {}),
        ({"typ": "jwt"}, {}),
        ({"typ": "application/at+jwt"}, {}),
        ({"kid": "another, for there is one key"}, {}),
        ({"jku": "https://evil.example", "x5t": "AA"}, {}),
        ({}, {"sub": "Ünïcode 😀"}),
        ({}, {"unknown": {"a": [1]}}),
    ],
)
async def test_what_providers_do_otherwise_is_sound(header: dict[str, Any], claims: dict[str, Any]) -> None:
    assert await make_source().caller_of(token(header=header, **claims), "") is not None


async def test_an_end_between_two_seconds_is_sound() -> None:
    assert await make_source().caller_of(token(exp=time.time() + 600.5), "") is not None


@pytest.mark.parametrize(
    "claims", [{"fileport_scopes": None}, {"fileport_scopes": []}, {"fileport_scopes": None, "scope": "admin"}]
)
async def test_a_token_without_scopes_gives_nothing(claims: dict[str, Any]) -> None:
    caller = await make_source().caller_of(token(**claims), "")
    assert caller is not None
    assert caller.permissions == Permissions()


async def test_leeway_is_a_minute() -> None:
    now = time.time()
    source = make_source()
    assert await source.caller_of(token(exp=now - 30), "") is not None
    assert await source.caller_of(token(exp=now - 90), "") is None
    assert await source.caller_of(token(iat=now + 30), "") is not None
    assert await source.caller_of(token(iat=now + 90), "") is None
    assert await source.caller_of(token(nbf=now + 90), "") is None


async def test_a_token_that_ends_during_a_request_has_no_rights_from_then_on() -> None:
    source = make_source()
    caller = await source.caller_of(token(), "")
    assert caller is not None
    assert await source.permissions_of(caller) == caller.permissions
    for seconds, permissions in ((LEEWAY - 5, caller.permissions), (LEEWAY, Permissions())):
        end = datetime.now(UTC) - timedelta(seconds=seconds)
        assert await source.permissions_of(msgspec.structs.replace(caller, expires_at=end)) == permissions
    assert await source.permissions_of(ROOT) is None


async def test_a_token_lives_for_a_day_at_most() -> None:
    now = time.time()
    source = make_source()
    assert await source.caller_of(token(exp=now + 86_400), "") is not None
    assert await source.caller_of(token(exp=now + 86_600), "") is None
    assert await source.caller_of(token(iat=None, exp=now + 86_600), "") is None
    assert await source.caller_of(token(iat=now - 86_400, exp=now + 600), "") is None


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": None},
        {"iss": "https://id.example/"},
        {"iss": "https://ID.example"},
        {"iss": [ISSUER]},
        {"aud": None},
        {"aud": "fileport2"},
        {"aud": "file"},
        {"aud": []},
        {"aud": ["other"]},
        {"aud": [AUDIENCE, 5]},
        {"aud": [[AUDIENCE]]},
        {"aud": {AUDIENCE: True}},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "a\0b"},
        {"sub": "a\nb"},
        {"sub": "\ud800"},
        {"sub": "s" * 256},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": 10**400},
        {"exp": [9999999999]},
        {"iat": "now"},
        {"iat": "1"},
        {"iat": False},
        {"nbf": "0"},
        {"jti": 5},
        {"fileport_scopes": "read"},
        {"fileport_scopes": ["read"]},
        {"fileport_scopes": READ_ALL[0]},
        {"fileport_scopes": json.dumps(READ_ALL)},
        {"fileport_scopes": [{"actions": ["readonly"], "bucket": "*"}]},
        {"fileport_scopes": [{"actions": "read", "bucket": "*"}]},
        {"fileport_scopes": [{"actions": [], "bucket": "*"}]},
        {"fileport_scopes": [{"actions": ["read"]}]},
        {"fileport_scopes": [{"actions": ["read"], "bucket": "a*b"}]},
        {"fileport_scopes": [{"actions": ["read"], "bucket": "*", "prefix": "../"}]},
        {"fileport_scopes": [{"actions": ["read"], "bucket": "*", "prefix": "\ud800"}]},
        {"fileport_scopes": [{"actions": ["read"], "bucket": "*", "everything": True}]},
        {"fileport_scopes": [*READ_ALL, {"actions": ["write"], "bucket": "UPPER"}]},
        {"fileport_scopes": READ_ALL * 101},
    ],
    ids=str,
)
async def test_wrong_claims_are_refused_though_the_provider_signed_them(claims: dict[str, Any]) -> None:
    whole = {**claims_of(), **claims}
    sent = {name: value for name, value in whole.items() if value is not None}
    assert await make_source().caller_of(raw_token(HEADER, sent), "") is None


@pytest.mark.parametrize("times", ['"exp":1e400', '"exp":-1e400', '"exp":1e400,"iat":1e400', f'"exp":{10**400}'])
async def test_times_beyond_all_numbers_are_refused_though_the_provider_signed_them(times: str) -> None:
    claims = {name: value for name, value in claims_of().items() if name not in {"exp", "iat", "nbf"}}
    body = json.dumps(claims).removesuffix("}") + f",{times}}}"
    assert await make_source().caller_of(raw_token(HEADER, body.encode()), "") is None


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": ""},
        {"alg": None},
        {"alg": ["RS256"]},
        {"alg": "HS256"},
        {"alg": "RS384"},
        {"alg": "rs256"},
        {"typ": "at+jwt;x"},
        {"typ": "logout+jwt"},
        {"typ": "JWE"},
        {"typ": 5},
        {"typ": ""},
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"b64": True},
        {"kid": 5},
        {"kid": None},
        {"kid": ["first"]},
        {"kid": "k" * 257},
    ],
    ids=str,
)
async def test_wrong_headers_are_refused_though_the_provider_signed_them(header: dict[str, Any]) -> None:
    assert await make_source().caller_of(raw_token({**HEADER, **header}, claims_of()), "") is None


@pytest.mark.parametrize("name", FORGERIES)
async def test_forgeries_are_refused(name: str) -> None:
    assert await make_source().caller_of(FORGERIES[name](), "") is None


@pytest.mark.parametrize(
    "credential", ["", "a", "a.b", "..", "fp_0123456789ab_x", "é.é.é", "\udcff.a.b", "a.b.c.d.e", "a.b.c"]
)
async def test_what_is_no_token_is_of_nobody(credential: str) -> None:
    assert await make_source().caller_of(credential, "") is None


async def test_the_reason_of_a_refusal_is_told_without_anything_of_the_token() -> None:
    refusals: list[str] = []
    source = make_source(refusals=refusals)
    await source.caller_of(token(aud="canary-1"), "")
    await source.caller_of(token(header={"typ": "canary-2"}), "")
    await source.caller_of(token(fileport_scopes=["canary-3"]), "")
    assert refusals == [
        "InvalidAudienceError in PyJWT",
        "its type is not JWT or at+jwt",
        "its scopes are malformed",
    ]


@pytest.mark.parametrize(("kind", "algorithm"), [("EC", "ES256"), ("OKP", "EdDSA"), ("RSA", "PS256")])
async def test_other_families_verify(kind: str, algorithm: str) -> None:
    key = private_key("first", kind)
    rules = TokenRules(issuer=ISSUER, audience=AUDIENCE, algorithms=(algorithm,), scopes_claim="fileport_scopes")
    assert await make_source(rules, key).caller_of(token(key=key, algorithm=algorithm), "") is not None


async def test_the_claim_of_scopes_can_have_another_name() -> None:
    rules = TokenRules(issuer=ISSUER, audience=AUDIENCE, algorithms=("RS256",), scopes_claim="https://a.example/scopes")
    claims: dict[str, Any] = {"fileport_scopes": None, "https://a.example/scopes": READ_ALL}
    caller = await make_source(rules).caller_of(token(**claims), "")
    assert caller is not None
    assert caller.permissions == Permissions((READS,))


@pytest.mark.parametrize("algorithms", [["RS256"], ["RS256", "PS512"], ["ES256", "ES384"], ["EdDSA"]])
def test_algorithms_of_one_family_are_sound(algorithms: list[str]) -> None:
    check_algorithms(algorithms)


@pytest.mark.parametrize(
    "algorithms",
    [[], ["none"], ["HS256"], ["RS256", "HS256"], ["RS256", "ES256"], ["ES256", "EdDSA"], ["rs256"], ["ES256K"]],
)
def test_algorithms_of_no_family_or_two_are_not(algorithms: list[str]) -> None:
    with pytest.raises(ValueError, match="one family"):
        check_algorithms(algorithms)


@pytest.mark.parametrize("algorithms", [("ES256",), ("EdDSA",)])
def test_a_key_of_another_family_is_of_no_use(algorithms: tuple[str, ...]) -> None:
    with pytest.raises(UnusableKeyError, match="not a key for"):
        StaticKey(pem(private_key()), algorithms)


def test_a_key_may_stand_in_one_line() -> None:
    StaticKey(pem(private_key()).replace("\n", "\\n"), ("RS256",))


def test_a_private_key_is_no_public_one() -> None:
    private = private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for text in (private, "secret", pem(private_key())[:-40], ""):
        with pytest.raises(UnusableKeyError, match="PEM") as raised:
            StaticKey(text, ("RS256",))
        assert text not in str(raised.value) or not text


def test_a_key_set_has_the_keys_that_are_meant_for_these_signatures() -> None:
    members = [
        jwk(private_key(), "sound", alg="RS256", use="sig", key_ops=["verify"]),
        jwk(private_key(), "for encryption", use="enc"),
        jwk(private_key(), "for another signature", alg="RS512"),
        jwk(private_key(), "for signing", key_ops=["sign"]),
        jwk(private_key("first", "EC"), "of another family"),
        {"kty": "oct", "kid": "a secret", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "kid": "malformed", "n": 5, "e": "AQAB"},
        {"kty": "RSA", "kid": "no number", "n": "*", "e": "AQAB"},
        {"kty": "RSA", "kid": 5},
        {"kty": ["RSA"]},
        "no object",
        None,
    ]
    keys = read_key_set(json.dumps({"keys": members}).encode(), ["RS256"])
    found = [each["kid"] for each in members if isinstance(each, dict) and keys.find(str(each.get("kid")), "RS256")]
    assert found == ["sound"]
    assert keys.find("sound", "HS256") is None


def test_a_token_without_a_key_id_is_verified_by_the_only_key_alone() -> None:
    one = json.dumps({"keys": [jwk(private_key(), "first")]}).encode()
    two = json.dumps({"keys": [jwk(private_key(), "first"), jwk(private_key("second"), "second")]}).encode()
    assert read_key_set(one, ["RS256"]).find(None, "RS256") is not None
    assert read_key_set(two, ["RS256"]).find(None, "RS256") is None


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{}", b'{"keys": {}}', b'{"keys": null}', b"\xff", b"<html>", b'{"keys":' + b"[" * 9999]
)
def test_what_is_no_key_set_is_not_one_without_keys(document: bytes) -> None:
    with pytest.raises(UnusableKeyError):
        read_key_set(document, ["RS256"])
    assert read_key_set(b'{"keys": []}', ["RS256"]).fingerprint == frozenset()
