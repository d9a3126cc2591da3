"""Make a key."""

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError, InvalidScopeError
from domain.errors import OutcomeUnknownError
from domain.keys.errors import InvalidKeyExpiryError, InvalidKeyNameError
from domain.keys.grants import require_admin
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
        InvalidTimeError,
        OutcomeUnknownError,
    )

    def __init__(self, keys: Keys, keeper: SecretKeeper) -> None:
        self._keys = keys
        self._keeper = keeper

    async def __call__(self, caller: Caller, new: NewKey) -> IssuedKey:
        """Return the key and its secret, which nobody is shown again.

        Raises the errors of `check_new_key` and `Keys.create_key`.
        """
        require_admin(caller)
        new = check_new_key(new)
        identity = KeyIdentity(id=new_id(), access_key_id=new_access_key_id())
        secret = new_secret(identity.access_key_id)
        key = await self._keys.create_key(caller, identity, new, self._keeper.keep(secret, identity.id, version=1))
        return IssuedKey(key=key, secret=secret)
