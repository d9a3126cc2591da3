"""The ports inside of this room: where the keys that tokens are verified with come from."""

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey | Ed448PublicKey


class TokenKeys(Protocol):
    """The public keys of the identity provider."""

    @property
    def version(self) -> int:
        """Another number once the keys are others."""
        ...

    async def find(self, id: str | None, algorithm: str) -> PublicKey | None:
        """Return the key with that id which verifies `algorithm`, None where there is none.

        Without an id, the only key for the algorithm. Raises `IdentityProviderUnavailableError` where none are known.
        """
        ...


class Document(Protocol):
    """A JSON Web Key Set (RFC 7517) where the identity provider publishes it."""

    async def fetch(self) -> bytes:
        """Return its bytes. Raises `IdentityProviderUnavailableError`."""
        ...
