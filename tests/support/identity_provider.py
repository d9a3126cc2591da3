"""An identity provider: its keys, the tokens that it signs, and a real HTTP server for its key set."""

import asyncio
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import get_default_algorithms

ISSUER = "https://id.example"
AUDIENCE = "fileport"
READ_ALL = [{"actions": ["read", "list"], "bucket": "*"}]

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def private_key(name: str = "first", kind: str = "RSA") -> Any:
    """Return the private key with that name, the same one each time: making one takes long."""
    return _private_key(name, kind)


@cache
def _private_key(name: str, kind: str) -> PrivateKey:
    if kind == "EC":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "OKP":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: PrivateKey) -> str:
    """Return the public key of `key` as PEM text."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def jwk(key: PrivateKey, kid: str | None, **members: Any) -> dict[str, Any]:
    """Return the public key of `key` as a member of a key set."""
    algorithm = get_default_algorithms()[_ALGORITHMS[type(key).__name__.lstrip("_")]]
    public: dict[str, Any] = algorithm.to_jwk(key.public_key(), as_dict=True)
    return {**public, **({} if kid is None else {"kid": kid}), **members}


_ALGORITHMS = {"RSAPrivateKey": "RS256", "ECPrivateKey": "ES256", "Ed25519PrivateKey": "EdDSA"}


def claims_of(**claims: Any) -> dict[str, Any]:
    """Return the claims of a sound token of half an hour; a claim that is None is left out."""
    now = int(time.time())
    sound = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "iat": now, "exp": now + 1800, "fileport_scopes": READ_ALL}
    return {name: value for name, value in {**sound, **claims}.items() if value is not None}


def token(*, key: Any = None, algorithm: str = "RS256", header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """Return a sound token of `private_key()`, but for what is given."""
    headers = {"kid": "first", **(header or {})}
    return jwt.encode(claims_of(**claims), key or private_key(), algorithm=algorithm, headers=headers)


def raw_token(header: bytes | Mapping[str, Any], claims: bytes | Mapping[str, Any], *, key: Any = None) -> str:
    """Return a token of these bytes with an RS256 signature, whatever they say."""
    signed = b".".join(
        _encoded(each if isinstance(each, bytes) else json.dumps(each).encode()) for each in (header, claims)
    )
    signature = get_default_algorithms()["RS256"].sign(signed, key or private_key())
    return b".".join([signed, _encoded(signature)]).decode()


def unsigned(header: Mapping[str, Any], claims: Mapping[str, Any]) -> bytes:
    """Return the part of a token that a signature is made of."""
    return b".".join(_encoded(json.dumps(each).encode()) for each in (header, claims))


def with_signature(signed: bytes, signature: bytes) -> str:
    """Return the token of a signed part and a signature."""
    return b".".join([signed, _encoded(signature)]).decode()


def _encoded(part: bytes) -> bytes:
    return urlsafe_b64encode(part).rstrip(b"=")


class Provider:
    """A server whose answer a test decides: it waits for `may_answer`. `asked` counts the requests, of every path."""

    def __init__(self) -> None:
        self.url = ""
        self.asked = 0
        self.keys: list[dict[str, Any]] = [jwk(private_key(), "first")]
        self.body: bytes | None = None
        self.status = 200
        self.headers: dict[str, str] = {}
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def answer(self, _: web.Request) -> web.Response:
        self.asked += 1
        await self.may_answer.wait()
        body = json.dumps({"keys": self.keys}).encode() if self.body is None else self.body
        return web.Response(status=self.status, body=body, headers=self.headers, content_type="application/json")


@asynccontextmanager
async def providing() -> AsyncIterator[Provider]:
    """Serve a key set on this machine until the context ends."""
    provider = Provider()
    app = web.Application()
    app.router.add_get("/{path:.*}", provider.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        provider.url = f"http://{host}:{port}/jwks"
        yield provider
    finally:
        await runner.cleanup()
