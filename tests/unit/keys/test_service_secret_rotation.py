"""Keys outlive a rotation of the service secret, and of the root key."""

from adapters.crypto import ServiceSecrets
from domain.keys.renew_secrets import RenewSecrets
from tests.fakes.catalog import make_catalog
from tests.unit.keys.conftest import make_checking

OLD, NEW = "o" * 32, "n" * 32


async def test_keys_hold_through_a_rotation_of_the_service_secret() -> None:
    catalog = make_catalog()
    before = make_checking(catalog, ServiceSecrets(OLD, previous=NEW))
    keys = [await before.make() for _ in range(3)]
    # Both are known while replicas of before and of after run beside each other.
    after = make_checking(catalog, ServiceSecrets(NEW, previous=OLD))
    keys += [await after.make()]
    assert await RenewSecrets(catalog.key_records, after.keeper)() == (3, 0)
    for checking in (before, after):
        for issued in keys:
            checking.cache.forget_all()
            assert await checking.caller_of(issued.secret)
    # Nothing needs the old one any more.
    alone = make_checking(catalog, ServiceSecrets(NEW))
    for issued in keys:
        assert await alone.caller_of(issued.secret)
    assert await RenewSecrets(catalog.key_records, alone.keeper)() == (0, 0)
    for id_, row in catalog.database.api_keys.items():
        for kept, _ in row.secrets.values():
            assert alone.keeper.open(kept, id_) in {issued.secret for issued in keys}


async def test_a_catalog_without_its_service_secret_lets_nobody_in() -> None:
    catalog = make_catalog()
    issued = await make_checking(catalog, ServiceSecrets(OLD)).make()
    stolen = make_checking(catalog, ServiceSecrets(NEW))
    assert await stolen.caller_of(issued.secret) is None
    assert await RenewSecrets(catalog.key_records, stolen.keeper)() == (0, 1)
    # It was not spoiled.
    assert await make_checking(catalog, ServiceSecrets(NEW, previous=OLD)).caller_of(issued.secret)


async def test_many_are_kept_anew_beside_some_that_cannot_be() -> None:
    catalog = make_catalog()
    lost = make_checking(catalog, ServiceSecrets("x" * 32))
    old = make_checking(catalog, ServiceSecrets(OLD))
    for number in range(250):
        await (lost if number % 10 == 0 else old).make()
    keeper = make_checking(catalog, ServiceSecrets(NEW, previous=OLD)).keeper
    assert await RenewSecrets(catalog.key_records, keeper)() == (225, 25)
    assert await RenewSecrets(catalog.key_records, keeper)() == (0, 25)
