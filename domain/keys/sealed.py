"""How the catalog keeps a secret: its code, to check it by, and itself, sealed.

Bearers are checked by the code. Sealed, the secret is for protocols that sign with it and never send it.
"""

from uuid import UUID

import msgspec

from domain.secrets.ports import Mac, Sealing


class KeptSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret as the catalog has it. Without the service secret it is of no use."""

    version: int
    code: bytes
    sealed: bytes


class SecretKeeper:
    """Makes secrets fit to be kept, and checks and opens those that are."""

    def __init__(self, mac: Mac, sealing: Sealing) -> None:
        self._mac = mac
        self._sealing = sealing

    @property
    def current_id(self) -> bytes:
        """The id of the service secret that new ones are kept under; both parts of a kept secret begin with one."""
        return self._sealing.current_id

    def keep(self, secret: str, key_id: UUID, version: int) -> KeptSecret:
        """Return the secret of that version of the key as it is kept. It opens for that version of that key alone."""
        return KeptSecret(
            version=version,
            code=self.code_of(secret),
            sealed=self._sealing.seal(secret.encode(), context=_context(key_id, version)),
        )

    def code_of(self, secret: str) -> bytes:
        """Return the code of a secret."""
        return self._mac.sign("key hashes", secret.encode())

    def is_of(self, secret: str, code: bytes) -> bool:
        """Return whether the code is of that secret."""
        return self._mac.verify("key hashes", secret.encode(), code)

    def open(self, kept: KeptSecret, key_id: UUID) -> str:
        """Return the secret. Raises `UnopenableError`."""
        return self._sealing.open(kept.sealed, context=_context(key_id, kept.version)).decode()


def _context(key_id: UUID, version: int) -> bytes:
    return b"key secret " + key_id.bytes + version.to_bytes(4)
