"""A change of a key reaches every replica: at once where notifications come, and within five seconds where none do."""

import asyncpg
import pytest

from domain.keys.checking.key_cache import FRESH_SECONDS
from tests.integration.keys.conftest import OpenReplica

END_LISTENERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'fileport keys'
"""


async def test_a_revoked_key_is_refused_elsewhere_as_soon_as_the_notification_comes(
    open_replica: OpenReplica,
) -> None:
    async with open_replica() as here, open_replica() as there:
        made = await here.make()
        assert await there.status(made["secret"]) == 200
        assert (await here.client.delete(f"/v1/keys/{made['id']}")).status_code == 204
        # Its clock stands still: without the notification the key would be taken for ever.
        await there.until_refused(made["secret"])


async def test_without_notifications_it_is_refused_elsewhere_within_five_seconds(open_replica: OpenReplica) -> None:
    async with open_replica() as here, open_replica(hears=False) as there:
        made = await here.make()
        assert await there.status(made["secret"]) == 200
        assert (await here.client.delete(f"/v1/keys/{made['id']}")).status_code == 204
        assert await there.status(made["secret"]) == 200, "nothing was heard, and the clock stands still"
        there.clock.advance(FRESH_SECONDS)
        assert FRESH_SECONDS < 5
        assert await there.status(made["secret"]) == 401


async def test_a_key_that_is_made_here_is_taken_elsewhere_at_once(open_replica: OpenReplica) -> None:
    async with open_replica() as here, open_replica(hears=False) as there:
        for _ in range(3):
            assert await there.status((await here.make())["secret"]) == 200


async def test_narrowed_scopes_and_ended_overlaps_are_seen_elsewhere(open_replica: OpenReplica) -> None:
    async with open_replica() as here, open_replica() as there:
        made = await here.make()
        assert await there.status(made["secret"]) == 200
        rotated = (await here.client.post(f"/v1/keys/{made['id']}/rotate", json={})).json()
        await there.until_refused(made["secret"])
        assert await there.status(rotated["secret"]) == 200


@pytest.mark.parametrize("change", ["revoke", "rotate"])
async def test_a_change_that_was_missed_is_seen_once_the_listener_is_back(
    open_replica: OpenReplica, database: str, change: str
) -> None:
    async with open_replica() as here, open_replica() as there:
        made = await here.make()
        assert await there.status(made["secret"]) == 200
        connection = await asyncpg.connect(database)
        try:
            # The notification is sent while nobody listens.
            async with connection.transaction():
                await connection.execute(END_LISTENERS)
            if change == "revoke":
                await here.client.delete(f"/v1/keys/{made['id']}")
            else:
                await here.client.post(f"/v1/keys/{made['id']}/rotate", json={})
        finally:
            await connection.close()
        await there.until_refused(made["secret"])


async def test_a_key_expires_by_the_databases_clock(open_replica: OpenReplica, database: str) -> None:
    async with open_replica(hears=False) as replica:
        made = await replica.make(expires_at="2100-01-01T00:00:00Z")
        connection = await asyncpg.connect(database)
        try:
            # The replica's clock is years behind, and stands still.
            await connection.execute("UPDATE keys SET expires_at = statement_timestamp() + interval '1 hour'")
            assert await replica.status(made["secret"]) == 200
            replica.clock.advance(3601)
            await connection.execute("UPDATE keys SET expires_at = statement_timestamp()")
            assert await replica.status(made["secret"]) == 401
        finally:
            await connection.close()


async def test_the_last_use_is_recorded_when_the_service_ends(open_replica: OpenReplica) -> None:
    async with open_replica() as here:
        made = await here.make()
        async with open_replica() as there:
            assert await there.status(made["secret"]) == 200
        read = (await here.client.get(f"/v1/keys/{made['id']}")).json()
    assert read["last_used_at"] > made["created_at"]
