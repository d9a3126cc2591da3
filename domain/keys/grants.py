"""The rules of granting: nobody makes, changes or renews a key that can do more, or lives longer, than they do.

The catalog applies them within its transactions, to the maker as it is then and by its own clock.
"""

from datetime import datetime

import msgspec
from msgspec import UNSET

from domain.access.callers import Caller, CallerLimits, denied
from domain.access.errors import AccessDeniedError
from domain.access.scopes import Permissions, Scope
from domain.keys.errors import InvalidKeyExpiryError, KeyRevokedError
from domain.keys.model import Key, KeyPatch

BEYOND = AccessDeniedError("The scopes, or the expiry, would go beyond the caller's own.")


def require_admin(caller: Caller) -> None:
    """Return if the caller may handle keys at all. Raises `AccessDeniedError`."""
    if not caller.permissions.administer_any:
        raise denied("admin")


def grant(maker: Caller, scopes: tuple[Scope, ...], expires_at: datetime | None, now: datetime) -> datetime | None:
    """Return the expiry of a key with these scopes that the maker makes: the maker's own where none is asked for.

    Raises `AccessDeniedError`, `InvalidKeyExpiryError`.
    """
    require_admin(maker)
    if not maker.permissions.administered.contain(scopes) or _outlives(maker, expires_at):
        raise AccessDeniedError(BEYOND.detail)
    if expires_at is not None and expires_at <= now:
        raise InvalidKeyExpiryError(InvalidKeyExpiryError.example)
    return maker.expires_at if expires_at is None else expires_at


def patched(caller: Caller, key: Key, patch: KeyPatch, now: datetime) -> Key:
    """Return a key that the caller sees, changed. Fields that the patch leaves out are not judged again.

    But a key that lives longer than the caller is given no scopes that it has not: they would outlive the caller's.
    Raises `KeyRevokedError`, `AccessDeniedError`, `InvalidKeyExpiryError`.
    """
    _require_unrevoked(key)
    scopes = key.scopes if patch.scopes is UNSET else patch.scopes
    expires_at = key.expires_at
    if patch.expires_at is not UNSET:
        expires_at = grant(caller, scopes, patch.expires_at, now)
    elif not caller.permissions.administered.contain(scopes) or not _lasts(caller, key, scopes):
        raise AccessDeniedError(BEYOND.detail)
    return msgspec.structs.replace(
        key,
        name=key.name if patch.name is UNSET else patch.name,
        scopes=scopes,
        expires_at=expires_at,
        limits=CallerLimits(
            rate=key.limits.rate if patch.rate is UNSET else patch.rate,
            transfers=key.limits.transfers if patch.transfers is UNSET else patch.transfers,
        ),
    )


def require_rotatable(caller: Caller, key: Key) -> None:
    """Return if the caller, who sees the key, may be given a new secret of it: one that ends no later than the caller.

    Raises `KeyRevokedError`, `AccessDeniedError`.
    """
    _require_unrevoked(key)
    if _ends_after(caller, key.expires_at):
        raise AccessDeniedError(BEYOND.detail)


def grant_limits(asked: CallerLimits, own: CallerLimits, holding: CallerLimits) -> CallerLimits:
    """Return the limits of a key whose maker has its `own`, or those of all, of which `holding` are those that hold.

    Rights that are not asked for are the maker's own. Raises `AccessDeniedError`.
    """
    return CallerLimits(
        rate=_grant_limit(asked.rate, own.rate, holding.rate),
        transfers=_grant_limit(asked.transfers, own.transfers, holding.transfers),
    )


def _grant_limit(asked: int | None, own: int | None, holding: int | None) -> int | None:
    if asked is not None and holding is not None and asked > holding:
        raise AccessDeniedError("The limits would go beyond the caller's own.")
    return own if asked is None else asked


def _outlives(maker: Caller, expires_at: datetime | None) -> bool:
    return maker.expires_at is not None and expires_at is not None and expires_at > maker.expires_at


def _ends_after(caller: Caller, expires_at: datetime | None) -> bool:
    return caller.expires_at is not None and (expires_at is None or expires_at > caller.expires_at)


def _lasts(caller: Caller, key: Key, scopes: tuple[Scope, ...]) -> bool:
    return not _ends_after(caller, key.expires_at) or Permissions(key.scopes).contain(scopes)


def _require_unrevoked(key: Key) -> None:
    if key.revoked_at is not None:
        raise KeyRevokedError(KeyRevokedError.example)
