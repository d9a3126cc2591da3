"""Failpoints: how they are written, the functions they stand at, and that the wheel has none."""

import errno
import os
import signal
import sys
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from domain.blobs.model import BlobClaim
from tests.support.processes import failpoints
from tests.support.processes.failpoints import ARROWS, Failpoint, arm, main, read_failpoint, resolve

# Arming lasts as long as the process, so what is armed here is the test's own.
HERE = sys.modules[__name__]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("commit:before", Failpoint(arrow="commit", position="before")),
        ("commit:after:3", Failpoint(arrow="commit", position="after", nth=3)),
        ("commit:after:kill", Failpoint(arrow="commit", position="after")),
        ("commit:after:2:kill", Failpoint(arrow="commit", position="after", nth=2)),
        ("disk.sync:before:EIO", Failpoint(arrow="disk.sync", position="before", errno=errno.EIO)),
        (
            "disk.write:before:2+:ENOSPC",
            Failpoint(arrow="disk.write", position="before", nth=2, onwards=True, errno=errno.ENOSPC),
        ),
    ],
)
def test_a_failpoint_is_read(text: str, meant: Failpoint) -> None:
    assert read_failpoint(text) == meant


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "Unknown arrow ''"),
        ("comit:after", "Unknown arrow 'comit'"),
        ("commit", "not ''"),
        ("commit:during", "not 'during'"),
        ("commit:after:0", "Calls count from 1, not '0'"),
        ("commit:after:1-2", "Calls count from 1, not '1-2'"),
        ("commit:after:explode", "Unknown action 'explode'"),
        ("commit:after:1:2", "Unknown action '2'"),
        ("disk.sync:before:EIO\nx", r"Unknown action 'EIO\\nx'"),
        ("disk.sync:after:EIO", "Only before an arrow of the disk can a step raise EIO"),
        ("commit:before:EIO", "Only before an arrow of the disk can a step raise EIO"),
    ],
)
def test_a_wrong_failpoint_stops_the_start_with_one_line(text: str, named: str) -> None:
    with pytest.raises(SystemExit, match=named) as raised:
        main([text, "serve"])
    assert "\n" not in str(raised.value)


def test_the_wheel_has_no_failpoints() -> None:
    shipped = [Path(each.distribution_path) for each in WheelBuilder(".").recurse_included_files()]
    assert Path("service/cli.py") in shipped
    assert {each.parts[0] for each in shipped} == {"adapters", "domain", "service"}
    assert [each for each in shipped if b"failpoint" in each.read_bytes().lower()] == []


@pytest.mark.parametrize("arrow", ARROWS)
def test_every_arrow_stands_at_existing_functions(arrow: str) -> None:
    for function in ARROWS[arrow]:
        owner, name = resolve(function)
        assert callable(getattr(owner, name))


def test_the_developers_page_names_every_arrow() -> None:
    page = Path("docs/failpoints.md").read_text()
    assert [arrow for arrow in ARROWS if f"`{arrow}`" not in page] == []


def test_an_arrow_whose_function_is_gone_is_an_error() -> None:
    with pytest.raises(AttributeError):
        resolve("adapters.disk.staged_file:StagedFile.burn")
    with pytest.raises(ImportError):
        resolve("adapters.tape:Tape.put")


class Steps:
    """The functions that a test arms."""

    done: list[str]

    def __init__(self) -> None:
        self.done = []

    def write(self, text: str) -> None:
        self.done.append(text)

    async def claim(self, claims: list[BlobClaim]) -> list[BlobClaim]:
        self.done.append(f"{len(claims)} claimed")
        return claims


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Steps at arrows of the test's own. A kill is recorded among the steps that were done."""

    class Own(Steps):
        write = Steps.write
        claim = Steps.claim

    monkeypatch.setattr(HERE, "Own", Own, raising=False)
    arrows = {"disk.own": (f"{__name__}:Own.write",), "own.claim": (f"{__name__}:Own.claim",)}
    monkeypatch.setattr(failpoints, "ARROWS", arrows)
    steps = Own()
    monkeypatch.setattr(os, "kill", lambda pid, number: steps.done.append(f"{_process(pid)} {number.name}"))
    return steps


def _process(pid: int) -> str:
    return {os.getppid(): "server", os.getpid(): "worker"}[pid]


def test_before_a_step_its_nth_call_alone_fails_with_the_error(steps: Steps) -> None:
    arm(read_failpoint("disk.own:before:2:ENOSPC"))
    steps.write("first")
    with pytest.raises(OSError, match="No space left on device") as raised:
        steps.write("second")
    steps.write("third")
    assert raised.value.errno == errno.ENOSPC
    assert steps.done == ["first", "third"]


def test_with_a_plus_every_call_from_the_nth_on_fails(steps: Steps) -> None:
    arm(read_failpoint("disk.own:before:2+:EIO"))
    steps.write("first")
    for _ in range(3):
        with pytest.raises(OSError, match="Input/output error"):
            steps.write("later")
    assert steps.done == ["first"]


def test_a_kill_after_a_step_takes_the_server_before_its_worker(steps: Steps) -> None:
    arm(read_failpoint("disk.own:after"))
    steps.write("first")
    assert steps.done == ["first", f"server {signal.SIGKILL.name}", f"worker {signal.SIGKILL.name}"]


async def test_a_look_that_finds_nothing_does_not_count(steps: Steps) -> None:
    arm(read_failpoint("own.claim:after"))
    assert await steps.claim([]) == []
    assert steps.done == ["0 claimed"]
    await steps.claim([BlobClaim(key="k", epoch=1, finished=True)])
    assert steps.done[1:] == ["1 claimed", "server SIGKILL", "worker SIGKILL"]
