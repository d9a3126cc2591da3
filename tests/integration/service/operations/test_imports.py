"""The imports of a process, and their time."""

import subprocess
import sys

import pytest


def run(code: str) -> None:
    subprocess.run([sys.executable, "-c", f"import sys; {code}"], check=True, stdout=subprocess.DEVNULL)


def test_the_command_leaves_the_library_of_the_figures_to_its_workers() -> None:
    # Imported before the workers share a directory, it would count for each worker alone.
    run("import service.commands; assert 'prometheus_client' not in sys.modules")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["sing"], ["serve", "--help"], ["keys", "create", "--help"]]
)
def test_help_waits_for_no_framework(arguments: list[str]) -> None:
    run(f"""
from service.cli import main
try:
    main({arguments})
except SystemExit:
    pass
loaded = {{'anyio', 'asyncio', 'asyncpg', 'dishka', 'litestar', 'structlog', 'uvicorn'}} & sys.modules.keys()
assert not loaded, loaded
""")
