"""Alembic, run on a connection of the driver's. A module of its own, for importing it takes half a second or more."""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

# Any number that nothing else in the database locks.
_LOCK = 0x66_69_6C_65_70_6F_72_74
_SCRIPTS = Path(__file__).parent / "migrations"


async def upgrade(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Run the migrations that are missing, all or none; whoever else does so at the same time waits."""

    async def lend() -> "asyncpg.Connection[asyncpg.Record]":
        return connection

    engine = create_async_engine("postgresql+asyncpg://", async_creator=lend, poolclass=NullPool)
    try:
        async with engine.begin() as transaction:
            # Taken before Alembic looks which migrations are missing; let go by the transaction's end, so that
            # it also works through a pooler.
            await transaction.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            await transaction.run_sync(_upgrade)
    finally:
        await engine.dispose()


def configuration() -> Config:
    """Return Alembic's configuration: where the migrations are."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def _upgrade(connection: Connection) -> None:
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
