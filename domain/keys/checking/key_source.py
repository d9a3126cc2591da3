"""Find the caller whose key a request bears."""

from domain.access.callers import Caller
from domain.keys.checking.key_cache import KeyCache
from domain.keys.checking.last_uses import LastUses
from domain.keys.sealed import SecretKeeper
from domain.keys.secret import access_key_id_in, new_access_key_id, new_secret
from domain.values.clock import Clock

# A rotation leaves two for a while.
_MOST_SECRETS = 2


class KeySource:
    """Keep the port `CredentialSource`: the bearer of a key's secret is that key.

    A wrong secret takes the time of `_MOST_SECRETS` comparisons, whether its key exists or not.
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
        now = self._clock.monotonic()
        codes: list[bytes] = []
        if key is not None and (key.ends_at is None or now < key.ends_at):
            codes = [each.code for each in key.secrets if each.ends_at is None or now < each.ends_at]
            for code in codes:
                if self._keeper.is_of(credential, code):
                    self._uses.note(key.caller.id)
                    return key.caller
        for _ in range(_MOST_SECRETS - len(codes)):
            self._keeper.is_of(credential, self._dummy)
        return None
