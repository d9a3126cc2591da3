"""A service under attack on each stack."""

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.integration.faults.changes import Changes
from tests.integration.faults.site import Site, site_on
from tests.support.parts.databases import STACKS, make_short_dir, new_database
from tests.support.parts.stacks import EmbeddedStack, Stack, containers_stack


@pytest.fixture(scope="package", params=STACKS)
async def stack(request: pytest.FixtureRequest) -> AsyncIterator[Stack]:
    """Each stack in turn, with a Postgres that others reach too."""
    if request.param == "containers":
        containers = ("postgres_container", "localstack", "aws_session")
        async with containers_stack(*map(request.getfixturevalue, containers)) as stack:
            yield stack
        return
    data_dir = make_short_dir()
    async with new_database(request.getfixturevalue("embedded_postgres")) as database_url:
        embedded = EmbeddedStack(data_dir)
        embedded.environ["FILEPORT_DATABASE_URL"] = database_url
        yield embedded
    shutil.rmtree(data_dir)


@pytest.fixture(scope="package")
async def site(stack: Stack) -> AsyncIterator[Site]:
    async with site_on(stack) as site:
        yield site
        await site.check_all()


@pytest.fixture
def changes(site: Site) -> Changes:
    return Changes(site.observer)
