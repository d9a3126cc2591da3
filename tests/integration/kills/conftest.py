"""A database and a blob store of the test's own on each Postgres, for servers that die."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import aioboto3
import pytest

from tests.harness.kills.aftermath import Site
from tests.support.parts.containers import LocalStack
from tests.support.parts.stacks import ContainersStack, EmbeddedStack


@pytest.fixture
async def site(request: pytest.FixtureRequest, postgres: str, database: str, short_dir: Path) -> AsyncIterator[Site]:
    """The bundled Postgres and a directory; a container's Postgres and LocalStack. The tables are there already."""
    # Of the same data directory only one server would start a Postgres: this one is the session's.
    shared = {"FILEPORT_DATABASE_URL": database}
    if request.node.callspec.params["postgres"] == "embedded":
        stack = EmbeddedStack(short_dir)
        yield Site(stack, {**stack.environ, **shared}, database, store="disk")
        return
    localstack: LocalStack = request.getfixturevalue("localstack")
    session: aioboto3.Session = request.getfixturevalue("aws_session")
    bucket = f"crashes-{secrets.token_hex(4)}"
    async with session.client("s3", endpoint_url=localstack.endpoint_url) as s3:
        await s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        containers = ContainersStack(database, localstack, bucket, s3)
        yield Site(containers, {**containers.environ, **shared}, database, store="s3")
