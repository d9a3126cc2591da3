"""Keys: their use cases, and their check with each request."""

from collections.abc import AsyncIterator
from contextlib import suppress

from dishka import Provider, Scope, provide, provide_all

from domain.errors import UnavailableError
from domain.keys.change_key import ChangeKey
from domain.keys.checking.key_cache import KeyCache
from domain.keys.checking.key_source import KeySource
from domain.keys.checking.last_uses import LastUses
from domain.keys.checking.lookup_budget import LookupBudget
from domain.keys.create_key import CreateKey
from domain.keys.find_key import FindKey
from domain.keys.key_rights import KeyRights
from domain.keys.list_keys import ListKeys
from domain.keys.ports import KeyRecords
from domain.keys.renew_secrets import RenewSecrets
from domain.keys.revoke_key import RevokeKey
from domain.keys.rotate_key import RotateKey
from domain.keys.sealed import SecretKeeper
from domain.values.clock import Clock


class KeysProvider(Provider):
    """Each lives as long as the application."""

    scope = Scope.APP

    shared = provide_all(KeyCache, KeyRights, KeySource, LookupBudget, SecretKeeper)
    use_cases = provide_all(ChangeKey, CreateKey, FindKey, ListKeys, RenewSecrets, RevokeKey, RotateKey)

    @provide
    async def last_uses(self, records: KeyRecords, clock: Clock) -> AsyncIterator[LastUses]:
        uses = LastUses(records, clock)
        yield uses
        with suppress(UnavailableError):
            await uses.record()
