"""A stolen database gives nobody access, and rotations of the service's secrets cost no key."""

from typing import Any

import asyncpg
import pytest

from adapters.crypto import ServiceSecrets
from adapters.postgres import create_pool
from domain.keys.ports import StaleSecret
from domain.keys.sealed import SecretKeeper
from domain.secrets.errors import UnopenableError
from tests.integration.keys.conftest import OpenReplica
from tests.support.clients import ROOT_KEY, SERVICE_SECRET
from tests.support.parts.postgres_ports import PostgresPorts
from tests.support.polling import pause

NEW_SECRET = "another-service-secret-that-only-the-tests-know"
TABLES = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'public'"


async def dump(database: str) -> str:
    """Return all rows of all tables as text; bytes are in hexadecimal digits."""
    connection = await asyncpg.connect(database)
    try:
        rows: list[str] = []
        for table in await connection.fetch(TABLES):
            rows += [row[0] for row in await connection.fetch(f"SELECT t::text FROM {table[0]} AS t")]  # noqa: S608
        return "\n".join(rows)
    finally:
        await connection.close()


async def kept_secrets(database: str) -> list[StaleSecret]:
    async with create_pool(database, size=1) as pool:
        return await PostgresPorts(pool).key_records.list_stale_secrets(b"none", limit=100)


def keeper(secret: str) -> SecretKeeper:
    secrets = ServiceSecrets(secret)
    return SecretKeeper(secrets, secrets)


async def test_a_dump_holds_no_secret(open_replica: OpenReplica, database: str) -> None:
    async with open_replica() as replica:
        made = await replica.make()
        rotated = (await replica.client.post(f"/v1/keys/{made['id']}/rotate", json={"overlap_seconds": 600})).json()
        for secret in (made["secret"], rotated["secret"]):
            assert await replica.status(secret) == 200
    dumped = await dump(database)
    assert made["access_key_id"] in dumped
    for secret in (made["secret"], rotated["secret"], ROOT_KEY, SERVICE_SECRET):
        random = secret[16:]
        for form in (random, random.encode().hex()):
            assert form not in dumped


async def test_a_database_without_its_service_secret_lets_nobody_in(open_replica: OpenReplica, database: str) -> None:
    async with open_replica() as replica:
        made = await replica.make()
    async with open_replica(SERVICE_SECRET=NEW_SECRET) as thief:
        assert await thief.status(made["secret"]) == 401
    for kept in await kept_secrets(database):
        with pytest.raises(UnopenableError):
            keeper(NEW_SECRET).open(kept.kept, kept.key_id)
    async with open_replica() as replica:
        assert await replica.status(made["secret"]) == 200


async def test_swapped_secrets_do_not_open(open_replica: OpenReplica, database: str) -> None:
    async with open_replica() as replica:
        keys = [await replica.make() for _ in range(2)]
        connection = await asyncpg.connect(database)
        try:
            await connection.execute(
                "UPDATE key_secrets SET sealed = other.sealed, code = other.code FROM key_secrets AS other"
                " WHERE other.key_id <> key_secrets.key_id"
            )
        finally:
            await connection.close()
        for key in keys:
            assert await replica.status(key["secret"]) == 401
    swapped = await kept_secrets(database)
    assert len(swapped) == 2
    for kept in swapped:
        with pytest.raises(UnopenableError):
            keeper(SERVICE_SECRET).open(kept.kept, kept.key_id)


@pytest.mark.parametrize(
    "rotated",
    [
        {"ROOT_KEY": "another-root-key-for-the-tests"},
        {"SERVICE_SECRET": NEW_SECRET, "SERVICE_SECRET_PREVIOUS": SERVICE_SECRET},
    ],
)
async def test_rotations_of_the_services_own_secrets_cost_no_key(
    open_replica: OpenReplica, rotated: dict[str, Any]
) -> None:
    async with open_replica() as before, open_replica(**rotated) as after:
        made = await before.make()
        assert await after.status(made["secret"]) == 200


async def test_after_a_rotation_nothing_needs_the_former_service_secret(
    open_replica: OpenReplica, database: str
) -> None:
    async with open_replica() as replica:
        made = await replica.make()
    async with open_replica(SERVICE_SECRET=NEW_SECRET, SERVICE_SECRET_PREVIOUS=SERVICE_SECRET) as replica:
        assert await replica.status(made["secret"]) == 200
        # It keeps them anew right after its start.
        while not all(
            kept.kept.sealed.startswith(ServiceSecrets(NEW_SECRET).current_id) for kept in await kept_secrets(database)
        ):
            await pause()
    async with open_replica(SERVICE_SECRET=NEW_SECRET) as replica:
        assert await replica.status(made["secret"]) == 200
    [kept] = await kept_secrets(database)
    assert keeper(NEW_SECRET).open(kept.kept, kept.key_id) == made["secret"]
