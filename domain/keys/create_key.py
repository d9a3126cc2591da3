"""Make a key."""

import msgspec

from domain.access.callers import Caller, CallerLimits
from domain.access.errors import AccessDeniedError, InvalidScopeError
from domain.access.limits import LimitCallers
from domain.errors import OutcomeUnknownError
from domain.keys.errors import InvalidKeyExpiryError, InvalidKeyLimitError, InvalidKeyNameError
from domain.keys.grants import grant_limits, require_admin
from domain.keys.model import IssuedKey, KeyIdentity, NewKey, check_new_key
from domain.keys.ports import Keys
from domain.keys.sealed import SecretKeeper
from domain.keys.secret import new_access_key_id, new_secret
from domain.values.errors import InvalidTimeError
from domain.values.ids import new_id


class CreateKey:
    """Make keys for others, or for oneself, that can do what their maker can or less."""

    errors = (
        AccessDeniedError,
        InvalidScopeError,
        InvalidKeyNameError,
        InvalidKeyExpiryError,
        InvalidKeyLimitError,
        InvalidTimeError,
        OutcomeUnknownError,
    )

    def __init__(self, keys: Keys, keeper: SecretKeeper, callers: LimitCallers) -> None:
        self._keys = keys
        self._callers = callers
        self._keeper = keeper

    async def __call__(self, caller: Caller, new: NewKey) -> IssuedKey:
        """Return the key and its secret, which nobody is shown again.

        Raises the errors of `check_new_key`, `grant_limits` and `Keys.create_key`.
        """
        require_admin(caller)
        new = check_new_key(new)
        asked = CallerLimits(new.rate, new.transfers)
        limits = grant_limits(asked, caller.limits, self._callers.limits_of(caller))
        new = msgspec.structs.replace(new, rate=limits.rate, transfers=limits.transfers)
        identity = KeyIdentity(id=new_id(), access_key_id=new_access_key_id())
        secret = new_secret(identity.access_key_id)
        key = await self._keys.create_key(caller, identity, new, self._keeper.keep(secret, identity.id, version=1))
        return IssuedKey(key=key, secret=secret)
