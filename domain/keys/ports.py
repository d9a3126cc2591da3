"""The ports of keys; `tests/contracts` checks their contracts."""

from collections.abc import Callable, Mapping
from typing import NoReturn, Protocol
from uuid import UUID

import msgspec

from domain.access.callers import Caller
from domain.keys.credentials import KeyCredentials
from domain.keys.model import Key, KeyIdentity, KeyPatch, NewKey
from domain.keys.sealed import KeptSecret


class StaleSecret(msgspec.Struct, frozen=True, kw_only=True):
    """A secret that is kept under another service secret than the current one."""

    key_id: UUID
    kept: KeptSecret


class Keys(Protocol):
    """Keeps keys, by the catalog's clock. Changes are told to all `KeyChanges`.

    Where the caller is a key, its own row decides, as it is in the transaction: with its scopes and its expiry of then.
    Every call raises `UnauthenticatedError` where that key is revoked or has expired, `AccessDeniedError` for a caller
    who is not an admin, and `NoSuchKeyError` for a key that is missing or whose scopes are not within the caller's.
    """

    async def create_key(self, caller: Caller, identity: KeyIdentity, new: NewKey, secret: KeptSecret) -> Key:
        """Make a key, as `grants.grant` allows. Raises its errors, and `OutcomeUnknownError`."""
        ...

    async def get_key(self, caller: Caller, id: UUID) -> Key:
        """Return the key, revoked or not."""
        ...

    async def list_keys(self, caller: Caller, *, revoked: bool, after: UUID | None, limit: int) -> list[Key]:
        """Return up to `limit` of the keys that the caller sees, the newest first: by id, below `after`.

        Those that are `revoked` only where they are asked for.
        """
        ...

    async def change_key(self, caller: Caller, id: UUID, patch: KeyPatch) -> Key:
        """Change the key, as `grants.patched` allows. Raises its errors, and `OutcomeUnknownError`."""
        ...

    async def revoke_key(self, caller: Caller, id: UUID) -> Key:
        """Revoke the key, and forget its secrets. A key that is revoked already stays as it is.

        Raises `OutcomeUnknownError`.
        """
        ...

    async def rotate_key(self, caller: Caller, id: UUID, secret: KeptSecret, *, overlap: float) -> Key | None:
        """Give the key a new secret, as `grants.require_rotatable` allows. The current one holds for `overlap` seconds.

        One that was replaced before it is forgotten. Returns None, and does nothing, unless the version of the secret
        is the next one. Raises the errors of that rule, and `OutcomeUnknownError`.
        """
        ...


class KeyRecords(Protocol):
    """The part of the keys that each request needs, and the service's own work on them."""

    async def find_credentials(self, access_key_id: str) -> KeyCredentials | None:
        """Return the credentials of the key with that id, None where it is missing, revoked or has expired."""
        ...

    async def record_uses(self, ages: Mapping[UUID, float]) -> None:
        """Record that the keys were last used so many seconds ago, where their records are four minutes older."""
        ...

    async def list_stale_secrets(self, current_id: bytes, *, limit: int, offset: int = 0) -> list[StaleSecret]:
        """Return up to `limit` secrets that are kept under another service secret than the one with that id.

        In the order of their keys and versions, without the first `offset`.
        """
        ...

    async def replace_secret(self, stale: StaleSecret, renewed: KeptSecret) -> None:
        """Keep the secret anew, if it is still kept so, and tell of the change."""
        ...

    async def forget_secrets(self, *, limit: int) -> int:
        """Remove up to `limit` former secrets whose overlap is over, and return their number."""
        ...


class KeyChanges(Protocol):
    """Tells of changes of keys, those that other replicas make included."""

    async def watch(self, on_change: Callable[[str], object], on_gap: Callable[[], object]) -> NoReturn:
        """Call `on_change` with the access key id of each key that changes, until the catalog is not reached any more.

        `on_gap` is called first, once changes are seen: any number may have been missed before. Raises
        `CatalogUnavailableError` within seconds of the loss, even of one that no side was told of.
        """
        ...
