"""The ports of secrets; `tests/contracts` checks their contracts."""

from typing import Protocol

from domain.secrets.model import Purpose


class SecretSource(Protocol):
    """Keeps secrets, and may rotate them at any time."""

    async def get_secret(self, id: str) -> str:
        """Return the current text of the secret. Raises `SecretUnavailableError`."""
        ...


class Mac(Protocol):
    """Makes message authentication codes (HMAC-SHA256) under the service secret, with a key for each purpose.

    A code begins with the id of the secret that made it. One that the previous secret made is right as well, while the
    service is given that one.
    """

    @property
    def current_id(self) -> bytes:
        """The id of the current secret: `SECRET_ID_BYTES` bytes."""
        ...

    def sign(self, purpose: Purpose, data: bytes) -> bytes:
        """Return the code of `data`: `MAC_BYTES` bytes, always the same under one secret."""
        ...

    def verify(self, purpose: Purpose, data: bytes, code: bytes) -> bool:
        """Return whether `sign` made the code for this purpose and data. Wrong codes of one secret take one time."""
        ...


class Sealing(Protocol):
    """Encrypts and authenticates (AES-256-GCM, a fresh nonce each time) under the service secret.

    Sealed data begins with the id of the secret that sealed it. Data that the previous secret sealed opens as well,
    while the service is given that one.
    """

    @property
    def current_id(self) -> bytes:
        """The id of the current secret: `SECRET_ID_BYTES` bytes."""
        ...

    def seal(self, plaintext: bytes, *, context: bytes) -> bytes:
        """Return the sealed data, which opens in the same context only: say there whose it is."""
        ...

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """Return the plaintext. Raises `UnopenableError`."""
        ...
