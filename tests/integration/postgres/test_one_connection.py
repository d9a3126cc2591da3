"""The connection that tests lend."""

import asyncpg
import pytest

from tests.support.parts.databases import OneConnection


async def test_a_statement_that_fails_spoils_nothing(postgres: str) -> None:
    connection = await asyncpg.connect(postgres)
    try:
        async with connection.transaction():
            lending = OneConnection(connection)
            async with lending.connection() as lent:
                with pytest.raises(asyncpg.DivisionByZeroError):
                    await lent.execute("SELECT 1 / 0")
            async with lending.connection() as lent:
                assert await lent.fetchval("SELECT 1") == 1
    finally:
        await connection.close()
