"""What checks keys, on the fakes."""

from typing import NamedTuple

import pytest

from adapters.crypto import ServiceSecrets
from domain.access.callers import ROOT, Caller, CallerLimits
from domain.access.limits import LimitCallers
from domain.access.scopes import Scope
from domain.keys.checking.key_cache import KeyCache
from domain.keys.checking.key_source import KeySource
from domain.keys.checking.last_uses import LastUses
from domain.keys.checking.lookup_budget import LookupBudget
from domain.keys.create_key import CreateKey
from domain.keys.model import IssuedKey, NewKey
from domain.keys.sealed import SecretKeeper
from tests.fakes.catalog import FakeCatalog, make_catalog
from tests.fakes.clock import FakeClock
from tests.support.clients import SERVICE_SECRET

ADDRESS = "192.0.2.1"
READ = (Scope(actions=("read",), bucket="default"),)


class Checking(NamedTuple):
    """One replica's check of keys, on a catalog that others may share."""

    catalog: FakeCatalog
    clock: FakeClock
    keeper: SecretKeeper
    cache: KeyCache
    uses: LastUses
    source: KeySource

    async def make(self, **fields: object) -> IssuedKey:
        new = NewKey(**{"name": "a key", "scopes": READ, **fields})  # type: ignore[arg-type] # as given
        callers = LimitCallers(self.clock, CallerLimits())
        return await CreateKey(self.catalog.keys, self.keeper, callers)(ROOT, new)

    async def caller_of(self, secret: str, address: str = ADDRESS) -> Caller | None:
        return await self.source.caller_of(secret, address)


def make_checking(catalog: FakeCatalog, secrets: ServiceSecrets | None = None) -> Checking:
    clock = catalog.database.clock
    secrets = secrets or ServiceSecrets(SERVICE_SECRET)
    keeper = SecretKeeper(secrets, secrets)
    cache = KeyCache(catalog.key_records, clock, LookupBudget(clock))
    uses = LastUses(catalog.key_records, clock)
    return Checking(catalog, clock, keeper, cache, uses, KeySource(cache, keeper, uses, clock))


@pytest.fixture
def checking() -> Checking:
    return make_checking(make_catalog())
