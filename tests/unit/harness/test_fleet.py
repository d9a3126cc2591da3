"""The replicas of a soak."""

import os
from pathlib import Path

import pytest

from tests.harness.soak.fleet import replica
from tests.harness.soak.fleet.replica import Fleet, Replica
from tests.harness.soak.violation import ViolationError


@pytest.fixture
async def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fleet:
    """Two processes that stay, the first of which has logged an error."""
    command = tmp_path / "fileport"
    command.write_text("#!/bin/sh\nexec sleep 3600\n")
    command.chmod(0o755)
    monkeypatch.setattr(replica, "FILEPORT", str(command))
    fleet = Fleet([Replica(number, {}, tmp_path) for number in range(2)])
    for each in fleet.replicas:
        await each.launch()
    (tmp_path / "replica-0-00001.log").write_text('{"level": "error"}\n')
    return fleet


def children() -> list[str]:
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()


async def test_after_a_violation_every_replica_ends_whatever_was_logged(fleet: Fleet) -> None:
    started = children()
    await fleet.discard()
    assert len(set(started) - set(children())) == len(fleet.replicas)


async def test_an_error_in_the_log_of_a_replica_that_is_killed_is_a_violation(fleet: Fleet) -> None:
    with pytest.raises(ViolationError, match="logged an error"):
        await fleet.replicas[0].kill()
    await fleet.discard()
