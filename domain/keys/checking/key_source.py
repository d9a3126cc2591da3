"""Find the caller whose key a request bears, or is signed with."""

from functools import partial
from uuid import UUID

from domain.access.callers import Caller
from domain.access.signers import Derivation, Signer
from domain.keys.checking.key_cache import HeldSecret, KeyCache, KnownKey
from domain.keys.checking.last_uses import LastUses
from domain.keys.sealed import SecretKeeper
from domain.keys.secret import access_key_id_in, is_access_key_id, new_access_key_id, new_secret
from domain.secrets.errors import UnopenableError
from domain.values.clock import Clock

# A rotation leaves two for a while.
_MOST_SECRETS = 2


class KeySource:
    """Keep the ports `CredentialSource` and `SignerSource`: who bears a key's secret, or signs with it, is that key.

    To bear a wrong secret takes the time of `_MOST_SECRETS` comparisons, whether its key exists or not.
    """

    def __init__(self, cache: KeyCache, keeper: SecretKeeper, uses: LastUses, clock: Clock) -> None:
        self._cache = cache
        self._keeper = keeper
        self._uses = uses
        self._clock = clock
        self._dummy = keeper.code_of(new_secret(new_access_key_id()))

    async def caller_of(self, credential: str, address: str, /) -> Caller | None:
        access_key_id = access_key_id_in(credential)
        if access_key_id is None:
            return None
        key = await self._cache.find(access_key_id, address)
        secrets: list[HeldSecret] = []
        if key is not None:
            secrets = key.holding(self._clock.monotonic())
            for secret in secrets:
                if self._keeper.is_of(credential, secret.kept.code):
                    self._uses.note(key.caller.id)
                    return key.caller
        for _ in range(_MOST_SECRETS - len(secrets)):
            self._keeper.is_of(credential, self._dummy)
        return None

    async def signer_of(self, access_key_id: str, address: str, derive: Derivation, /) -> Signer | None:
        if not is_access_key_id(access_key_id):
            return None
        key = await self._cache.find(access_key_id, address)
        if key is None:
            return None
        keys = tuple(
            derived
            for each in key.holding(self._clock.monotonic())
            if (derived := self._derived(key, each, derive)) is not None
        )
        return Signer(key.caller, keys, partial(self._uses.note, key.caller.id)) if keys else None

    def _derived(self, key: KnownKey, secret: HeldSecret, derive: Derivation) -> bytes | None:
        try:
            return secret.derived.get(derive, lambda: self._keeper.open(secret.kept, UUID(key.caller.id)))
        except UnopenableError:
            # It is lost, as bearers find: see `RenewSecrets`.
            return None
