"""Public keys that verify tokens: from PEM text, or from a JSON Web Key Set (RFC 7517)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from adapters.tokens.ports import PublicKey

# Signatures (RFC 7518, section 3.1; RFC 8037) by the type of their keys. None is made with a shared secret, as which a
# public key could be passed off.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
# In bits. Longer keys only make each signature cost more.
_RSA_SIZES = range(2048, 8193)
MAX_KEYS = 100


class UnusableKeyError(ValueError):
    """The text holds no public key that can verify the tokens it is for."""


class VerificationKey(msgspec.Struct, frozen=True):
    """A public key, its id, and the algorithms that it verifies."""

    id: str | None
    algorithms: frozenset[str]
    key: PublicKey


class KeySet:
    """The keys of a JSON Web Key Set. Equal sets have the same `fingerprint`, in whatever order their keys stand."""

    def __init__(self, keys: Iterable[VerificationKey]) -> None:
        self._keys = tuple(keys)
        self.fingerprint = frozenset((each.id, each.algorithms, _der(each.key)) for each in self._keys)

    def find(self, id: str | None, algorithm: str) -> PublicKey | None:
        """Return the key with that id for `algorithm`; without an id, the only key for it."""
        fitting = [each for each in self._keys if algorithm in each.algorithms and (id is None or each.id == id)]
        return fitting[0].key if len(fitting) == 1 or (fitting and id is not None) else None


class StaticKey:
    """Keep `TokenKeys` with one key of the settings. It verifies every token, whatever id a token names."""

    version = 0

    def __init__(self, pem: str, algorithms: Collection[str]) -> None:
        """Raises `UnusableKeyError`."""
        # Files of environment variables have no line breaks.
        text = pem.replace("\\n", "\n")
        if "-----BEGIN PUBLIC KEY-----" not in text and "-----BEGIN RSA PUBLIC KEY-----" not in text:
            raise UnusableKeyError("It is not the PEM text of a public key.")
        try:
            key = load_pem_public_key(text.encode())
        except (ValueError, UnsupportedAlgorithm):
            raise UnusableKeyError("It is not the PEM text of a public key.") from None
        self._algorithms = _usable(key, algorithms)
        if not isinstance(key, PublicKey) or not self._algorithms:
            raise UnusableKeyError(f"It is not a key for {' or '.join(sorted(algorithms))}.")
        self._key = key

    async def find(self, id: str | None, algorithm: str) -> PublicKey | None:  # noqa: ARG002 - the port's
        return self._key if algorithm in self._algorithms else None


def check_algorithms(algorithms: Collection[str]) -> None:
    """Return if the algorithms are of one family: all for keys of one type. Raises `ValueError`."""
    if not algorithms or not any(set(algorithms) <= set(family) for family in FAMILIES.values()):
        families = ", or ".join(" ".join(family) for family in FAMILIES.values())
        raise ValueError(f"one or more signatures of one family, with commas: {families}")


def read_key_set(document: bytes, algorithms: Collection[str]) -> KeySet:
    """Return those keys of a set that are for `algorithms`; others, and malformed ones, are left out.

    A set without keys is a set: the provider has withdrawn them. Raises `UnusableKeyError` for anything else.
    """
    try:
        members = msgspec.json.decode(document, type=dict[str, Any])["keys"]
    except (msgspec.MsgspecError, UnicodeError, KeyError, RecursionError):
        members = None
    if not isinstance(members, list) or len(members) > MAX_KEYS:
        raise UnusableKeyError(f"It is not a JSON Web Key Set of at most {MAX_KEYS} keys.")
    return KeySet(key for each in members if (key := _verification_key(each, algorithms)) is not None)


class _Member(msgspec.Struct, frozen=True):
    kty: str
    kid: str | None = None
    use: str = "sig"
    key_ops: tuple[str, ...] = ("verify",)
    alg: str | None = None
    crv: str | msgspec.UnsetType = msgspec.UNSET
    n: str | msgspec.UnsetType = msgspec.UNSET
    e: str | msgspec.UnsetType = msgspec.UNSET
    x: str | msgspec.UnsetType = msgspec.UNSET
    y: str | msgspec.UnsetType = msgspec.UNSET


def _verification_key(member: object, algorithms: Collection[str]) -> VerificationKey | None:
    try:
        given = msgspec.convert(member, _Member)
    except msgspec.ValidationError:
        return None
    for_type = FAMILIES.get(given.kty, ())
    pinned = [each for each in algorithms if each in for_type and given.alg in {None, each}]
    if not pinned or given.use != "sig" or "verify" not in given.key_ops:
        return None
    # Of public members alone: a private key that is published verifies nothing here.
    public = {name: value for name, value in msgspec.to_builtins(given).items() if name in {"kty", "crv", *"nexy"}}
    try:
        key = jwt.PyJWK(public, pinned[0]).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, UnsupportedAlgorithm):
        return None
    usable = _usable(key, pinned)
    return VerificationKey(given.kid, usable, key) if usable else None


def _usable(key: object, algorithms: Collection[str]) -> frozenset[str]:
    """Return those of `algorithms` that a key verifies."""
    if isinstance(key, RSAPublicKey):
        fitting = FAMILIES["RSA"] if key.key_size in _RSA_SIZES else ()
    elif isinstance(key, EllipticCurvePublicKey):
        fitting = tuple(filter(None, [_CURVES.get(key.curve.name)]))
    else:
        fitting = FAMILIES["OKP"] if isinstance(key, PublicKey) else ()
    return frozenset(fitting) & frozenset(algorithms)


def _der(key: PublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
