"""What a process has imported, and when."""

import os
import subprocess
import sys

import pytest


def test_the_command_leaves_the_library_of_the_figures_to_its_workers() -> None:
    # Who imports it before the workers share a directory has figures of each worker alone.
    subprocess.run(
        [sys.executable, "-c", "import sys, service.cli; assert 'prometheus_client' not in sys.modules"], check=True
    )


@pytest.mark.parametrize(("environ", "is_imported"), [({}, False), ({"FILEPORT_FAILPOINT": "commit:after"}, True)])
def test_only_a_worker_that_is_told_to_imports_failpoints(environ: dict[str, str], is_imported: bool) -> None:
    program = """
import os, sys
from service.observability.logs import configure_logs
from service.settings import read_settings
from service.server.worker import make_server
configure_logs(level="info", format_="json")
make_server(read_settings(os.environ))
print("service.failpoints" in sys.modules)
"""
    needed = {"FILEPORT_DATABASE_URL": "postgresql://db/x", "FILEPORT_ROOT_KEY": "0123456789abcdef"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FILEPORT_")}
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**inherited, **needed, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{is_imported}\n"
    assert ("failpoint armed" in run.stderr) is is_imported
