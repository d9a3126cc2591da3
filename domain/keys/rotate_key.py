"""Give a key a new secret."""

from uuid import UUID

from domain.access.callers import Caller
from domain.access.errors import AccessDeniedError
from domain.errors import OutcomeUnknownError
from domain.keys.errors import InvalidOverlapError, KeyRevokedError, NoSuchKeyError
from domain.keys.grants import require_admin
from domain.keys.model import DEFAULT_OVERLAP_SECONDS, IssuedKey, check_overlap
from domain.keys.ports import Keys
from domain.keys.sealed import SecretKeeper
from domain.keys.secret import new_secret


class RotateKey:
    """Replace a key's secret; the former one holds for a while."""

    errors = (AccessDeniedError, InvalidOverlapError, NoSuchKeyError, KeyRevokedError, OutcomeUnknownError)

    def __init__(self, keys: Keys, keeper: SecretKeeper) -> None:
        self._keys = keys
        self._keeper = keeper

    async def __call__(self, caller: Caller, id: UUID, *, overlap: int = DEFAULT_OVERLAP_SECONDS) -> IssuedKey:
        """Return the key and its new secret, which nobody is shown again. The former one holds `overlap` seconds.

        Raises `InvalidOverlapError`, and all that `Keys.rotate_key` does.
        """
        require_admin(caller)
        check_overlap(overlap)
        while True:
            key = await self._keys.get_key(caller, id)
            secret = new_secret(key.access_key_id)
            kept = self._keeper.keep(secret, id, version=key.version + 1)
            if rotated := await self._keys.rotate_key(caller, id, kept, overlap=overlap):
                return IssuedKey(key=rotated, secret=secret)
