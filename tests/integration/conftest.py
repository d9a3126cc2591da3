"""The fixtures of every integration test."""

from tests.support.parts.containers import aws_session, docker_engine, localstack, postgres_container
from tests.support.parts.databases import (
    database,
    embedded_postgres,
    empty_database,
    one_connection,
    pool,
    postgres,
    shared_pool,
    short_dir,
    template,
)

__all__ = [
    "aws_session",
    "database",
    "docker_engine",
    "embedded_postgres",
    "empty_database",
    "localstack",
    "one_connection",
    "pool",
    "postgres",
    "postgres_container",
    "shared_pool",
    "short_dir",
    "template",
]
