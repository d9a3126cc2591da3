"""The service secret: one key for each purpose, by HKDF-SHA256 (RFC 5869), and its uses."""

import hmac
import secrets
from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.secrets.errors import UnopenableError
from domain.secrets.model import SECRET_ID_BYTES, Purpose

_SALT = b"fileport service secret, version 1"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class _Secret:
    """The keys that one text gives."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()
        self.id = self._derive("id", SECRET_ID_BYTES)
        self.sealing = AESGCM(self._derive("sealing", _KEY_BYTES))
        self._keys: dict[Purpose, bytes] = {}

    def key(self, purpose: Purpose) -> bytes:
        """Return the key of a purpose, derived once."""
        key = self._keys.get(purpose)
        if key is None:
            key = self._keys[purpose] = self._derive(purpose, _KEY_BYTES)
        return key

    def _derive(self, label: str, length: int) -> bytes:
        return HKDF(algorithm=SHA256(), length=length, salt=_SALT, info=label.encode()).derive(self._text)


class ServiceSecrets:
    """Keeps the ports `Mac` and `Sealing`: signs and seals with the current secret, accepts the previous one too."""

    def __init__(self, current: str, previous: str | None = None) -> None:
        self._current = _Secret(current)
        self._all = [self._current] + ([_Secret(previous)] if previous is not None else [])

    @property
    def current_id(self) -> bytes:
        return self._current.id

    def sign(self, purpose: Purpose, data: bytes) -> bytes:
        return self._current.id + hmac.digest(self._current.key(purpose), data, "sha256")

    def verify(self, purpose: Purpose, data: bytes, code: bytes) -> bool:
        made = code[SECRET_ID_BYTES:]
        return any(
            hmac.compare_digest(hmac.digest(each.key(purpose), data, "sha256"), made) for each in self._named(code)
        )

    def seal(self, plaintext: bytes, *, context: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self._current.id + nonce + self._current.sealing.encrypt(nonce, plaintext, context)

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        nonce, ciphertext = sealed[SECRET_ID_BYTES:][:_NONCE_BYTES], sealed[SECRET_ID_BYTES + _NONCE_BYTES :]
        if len(nonce) == _NONCE_BYTES:
            for each in self._named(sealed):
                try:
                    return each.sealing.decrypt(nonce, ciphertext, context)
                except InvalidTag:
                    continue
        raise UnopenableError("The data was sealed under another secret, or for another purpose, or is damaged.")

    def _named(self, data: bytes) -> Iterator[_Secret]:
        """Give the secrets whose id the data begins with."""
        return (each for each in self._all if data[:SECRET_ID_BYTES] == each.id)
