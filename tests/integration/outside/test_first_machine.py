"""The first command on a fresh machine: `make run` by root, in a clone that nobody else can enter."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
# Not in a clone, or large.
OMITTED = shutil.ignore_patterns(".*", "__pycache__", "data", "node_modules", "htmlcov")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="Only root runs PostgreSQL as another user.")


@pytest.fixture
def clone(short_dir: Path) -> Iterator[Path]:
    """The tree, in a closed directory that stays closed."""
    home = short_dir / "home"
    home.mkdir(mode=0o700)
    clone = shutil.copytree(ROOT, home / "fileport", ignore=OMITTED, symlinks=True)
    yield clone
    assert home.stat().st_mode & 0o777 == 0o700
    cluster = clone / "data" / "postgres"
    if cluster.is_symlink():
        shutil.rmtree(cluster.resolve().parent)


def test_make_run_needs_no_setting_and_finds_its_data_again(clone: Path) -> None:
    file = "/v1/buckets/default/files/first.txt"
    with made(clone) as (url, output):
        key = (clone / "data" / "root.key").read_text().strip()
        bearer = {"Authorization": f"Bearer {key}"}
        assert httpx.put(f"{url}{file}", content=b"first", headers=bearer).status_code == 201
        cluster = (clone / "data" / "postgres").resolve()
        assert not cluster.is_relative_to(clone)
        assert str(cluster) in output
    assert not (cluster / "postmaster.pid").exists()
    with made(clone) as (url, output):
        assert httpx.get(f"{url}{file}", headers=bearer).content == b"first"
        assert str(cluster) in output
    # The tests run there, too.
    tests = "tests/integration/postgres/test_embedded.py::test_written_rows_survive_a_restart"
    command = [str(clone / ".venv/bin/pytest"), "-q", "-p", "no:cacheprovider", tests]
    tested = subprocess.run(command, cwd=clone, check=False, capture_output=True, text=True)
    assert tested.returncode == 0, tested.stdout


@contextmanager
def made(clone: Path) -> Iterator[tuple[str, str]]:
    """Run `make run` with no setting but a free port, and give the URL and the output until it serves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {name: value for name, value in os.environ.items() if not re.match("FILEPORT_|MAKE|MFLAGS", name)}
    process = subprocess.Popen(
        [shutil.which("make") or "make", "run"],
        cwd=clone,
        env={**environ, "FILEPORT_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    with process.stderr as log:
        output = ""
        for line in log:
            output += line
            if line.startswith("Fileport serves"):
                break
        try:
            assert "Fileport serves" in output, output
            yield f"http://127.0.0.1:{port}", output
        finally:
            # As Ctrl-C does.
            os.killpg(process.pid, signal.SIGINT)
            log.read()
            process.wait()
