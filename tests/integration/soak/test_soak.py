"""A short soak on both stacks, and replicas of which one is killed again and again. `make soak` goes on for longer."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import aioboto3
import msgspec
import pytest

from tests.harness.soak.options import Options
from tests.harness.soak.report import Report
from tests.harness.soak.run import soak
from tests.harness.soak.stacks import embedded_stack
from tests.support.parts.containers import LocalStack
from tests.support.parts.databases import STACKS, make_short_dir
from tests.support.parts.stacks import Stack, containers_stack

# Grace and leases are waited for at the end: shorter than in a long soak.
SHORT = Options(seed=1, kills=3, clients=4, blob_grace=3, staged_lease=4, reaper_interval=0.2)


@pytest.fixture
def directory() -> Path:
    """Where a soak leaves its journal and its logs; a test that ends well removes it."""
    return make_short_dir()


@pytest.fixture(params=STACKS)
async def stack(request: pytest.FixtureRequest, directory: Path) -> AsyncIterator[Stack]:
    if request.param == "embedded":
        async with embedded_stack(directory / "data") as stack:
            yield stack
        return
    dsn: str = request.getfixturevalue("postgres_container")
    localstack: LocalStack = request.getfixturevalue("localstack")
    session: aioboto3.Session = request.getfixturevalue("aws_session")
    async with containers_stack(dsn, localstack, session) as stack:
        yield stack


def check(report: Report, kills: int) -> None:
    """Check that there was something to be lost."""
    assert report.kills.total() == kills
    # Which other changes there were is up to chance and to the machine's speed.
    assert report.acknowledged["put"] > 0
    assert report.checked["contents"] > 0
    assert report.checked["blobs"] > 0
    assert report.checked["fsck --deep"] == 1


async def test_kills_lose_nothing_that_was_acknowledged_and_leave_nothing_behind(stack: Stack, directory: Path) -> None:
    check(await soak(stack, directory, SHORT), kills=3)
    shutil.rmtree(directory)


# The embedded stack is one server's own.
@pytest.mark.parametrize("stack", ["containers"], indirect=True)
@pytest.mark.parametrize("replicas", [2, 3])
async def test_replicas_serve_on_while_one_of_them_is_killed_again_and_again(
    stack: Stack, directory: Path, replicas: int
) -> None:
    options = msgspec.structs.replace(SHORT, seed=replicas, replicas=replicas, kills=3)
    check(await soak(stack, directory, options), kills=3)
    shutil.rmtree(directory)
