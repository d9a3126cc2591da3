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


def test_a_server_on_s3_leaves_the_native_library_to_the_first_checksum_that_needs_it() -> None:
    run("""
from service.worker import run_worker
import adapters.s3, adapters.secrets
from adapters.checksums import NativeChecksums
loaded = {'awscrt', '_awscrt', 'httpx'} & sys.modules.keys()
assert not loaded, loaded
assert NativeChecksums().begin('CRC64NVME').digest() == bytes(8)
assert 'awscrt' in sys.modules
""")
