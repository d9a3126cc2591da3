"""Tests that hang fail by their names."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# As if the time were over at once, and the grace after it.
HEAD = """
import asyncio, signal, threading
import pytest

def be_late():
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)

async def hang():
    be_late()
    await asyncio.Event().wait()

def test_one_before(): pass
"""
LAST = """
def test_one_behind(): pass
"""


def run(directory: Path, tests: str, *options: str, files: int = 1) -> str:
    """Return the output of a run of `tests`, in so many modules of the same."""
    for number in range(files):
        (directory / f"test_{number}.py").write_text(HEAD + tests + LAST)
    command: list[str | Path] = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "--rootdir", directory]
    plugins = ["-p", "tests.support.hangs", "-p", "no:cacheprovider"]
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [*command, *plugins, *options, directory],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_what_hangs_fails_alone_and_shows_where_tasks_and_threads_wait(tmp_path: Path) -> None:
    tests = """
def work(event):
    event.wait()

async def call_for_work(event):
    await asyncio.to_thread(work, event)

async def test_hanging():
    event = threading.Event()
    other = asyncio.create_task(call_for_work(event), name="another task")
    try:
        await hang()
    finally:
        event.set()

def test_hanging_without_a_loop():
    be_late()
    threading.Semaphore(0).acquire()
"""
    output = run(tmp_path, tests)
    for line in (
        "test_0.py::test_hanging",
        "test_0.py::test_hanging_without_a_loop",
        "2 failed, 2 passed",
        "It hung for 300 s.",
        "the test:",
        "await asyncio.Event().wait()",
        "another task:",
        "await asyncio.to_thread(work, event)",
        "event.wait()",
        "threading.Semaphore(0).acquire()",
    ):
        assert line in output, (line, output)


def test_a_hanging_test_is_cancelled_before_its_fixtures_end_and_left_behind_where_that_does_not_help(
    tmp_path: Path,
) -> None:
    tests = """
@pytest.fixture
def steps():
    yield (steps := [])
    assert steps == ["cleaned up"]

async def test_hanging(steps):
    try:
        await hang()
    finally:
        await asyncio.sleep(0)
        steps.append("cleaned up")

async def test_hanging_on():
    while True:
        try:
            await hang()
        except asyncio.CancelledError:
            pass
"""
    output = run(tmp_path, tests)
    assert "2 failed, 2 passed" in output, output


def test_fixtures_that_hang_fail_their_tests(tmp_path: Path) -> None:
    tests = """
@pytest.fixture
async def hanging():
    await hang()

@pytest.fixture
async def hanging_at_the_end():
    yield
    await hang()

async def test_begin(hanging): pass

async def test_end(hanging_at_the_end): pass
"""
    output = run(tmp_path, tests)
    for line in ("test_0.py::test_begin", "test_0.py::test_end", "3 passed, 2 errors"):
        assert line in output, (line, output)


@pytest.mark.parametrize("options", [(), ("-n", "2", "--dist", "loadscope")], ids=["alone", "distributed"])
def test_the_third_test_that_hangs_ends_the_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    output = run(tmp_path, "async def test_hanging(): await hang()", *options, files=6)
    assert output.count("HUNG test_") >= 3, output
    assert ": 3 tests hung" in output, output


def test_the_limits_of_a_tests_time_and_of_a_runs_are_kept(tmp_path: Path) -> None:
    tests = "async def test_hanging(): await asyncio.Event().wait()"
    limits = ("-o", "hang_seconds=0.2", "-o", "run_seconds=0.2")
    output = run(tmp_path, tests, "-k", "hanging or behind", *limits)
    assert "It hung for 0.2 s." in output, output
    assert ": the run took longer than 0.2 s" in output, output
    assert "passed" not in output, output
