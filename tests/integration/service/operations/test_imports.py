"""The imports of a process, and their time."""

import subprocess
import sys


def test_the_command_leaves_the_library_of_the_figures_to_its_workers() -> None:
    # Imported before the workers share a directory, it would count for each worker alone.
    subprocess.run(
        [sys.executable, "-c", "import sys, service.cli; assert 'prometheus_client' not in sys.modules"], check=True
    )
