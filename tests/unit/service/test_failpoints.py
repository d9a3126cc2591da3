"""Failpoints: how they are named, where they stand, and that a normal start has none."""

import errno
import os
import signal
import sys
from pathlib import Path

import pytest

from domain.blobs.model import Claim
from service import failpoints
from service.failpoints import ARROWS, Failpoint, arm, read_failpoint, resolve
from service.settings import SettingsError

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
        ("", "knows no arrow ''"),
        ("comit:after", "knows no arrow 'comit'"),
        ("commit", "not ''"),
        ("commit:during", "not 'during'"),
        ("commit:after:0", "counts calls from 1, not '0'"),
        ("commit:after:1-2", "counts calls from 1, not '1-2'"),
        ("commit:after:explode", "knows no action 'explode'"),
        ("commit:after:1:2", "knows no action '2'"),
        ("disk.sync:before:EIO\nx", r"knows no action 'EIO\\nx'"),
        ("disk.sync:after:EIO", "raises EIO only before an arrow of the disk"),
        ("commit:before:EIO", "raises EIO only before an arrow of the disk"),
    ],
)
def test_what_is_no_failpoint_is_named_in_one_line(text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named) as raised:
        read_failpoint(text)
    assert str(raised.value).startswith("FILEPORT_FAILPOINT ")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("arrow", ARROWS)
def test_every_arrow_stands_at_functions_that_are_there(arrow: str) -> None:
    for place in ARROWS[arrow]:
        owner, name = resolve(place)
        assert callable(getattr(owner, name))


def test_the_developers_page_names_every_arrow() -> None:
    page = Path("docs/failpoints.md").read_text()
    assert [arrow for arrow in ARROWS if f"`{arrow}`" not in page] == []


def test_an_arrow_whose_function_is_gone_is_an_error() -> None:
    with pytest.raises(AttributeError):
        resolve("adapters.disk.files:StagedFile.burn")
    with pytest.raises(ImportError):
        resolve("adapters.tape:Tape.put")


class Steps:
    """What the test arms."""

    done: list[str]

    def __init__(self) -> None:
        self.done = []

    def write(self, text: str) -> None:
        self.done.append(text)

    async def claim(self, claims: list[Claim]) -> list[Claim]:
        self.done.append(f"{len(claims)} claimed")
        return claims


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Steps at arrows of the test's own; a kill is one more of what was done."""

    class Own(Steps):
        write = Steps.write
        claim = Steps.claim

    monkeypatch.setattr(HERE, "Own", Own, raising=False)
    places = {"disk.own": (f"{__name__}:Own.write",), "own.claim": (f"{__name__}:Own.claim",)}
    monkeypatch.setattr(failpoints, "ARROWS", places)
    steps = Own()
    monkeypatch.setattr(os, "kill", lambda pid, number: steps.done.append(f"{_who(pid)} {number.name}"))
    return steps


def _who(pid: int) -> str:
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


async def test_a_look_that_found_nothing_is_no_step(steps: Steps) -> None:
    arm(read_failpoint("own.claim:after"))
    assert await steps.claim([]) == []
    assert steps.done == ["0 claimed"]
    await steps.claim([Claim(key="k", epoch=1, finished=True)])
    assert steps.done[1:] == ["1 claimed", "server SIGKILL", "worker SIGKILL"]
