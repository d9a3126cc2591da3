"""The bench works: all of it, tiny. Its figures mean nothing here, and no time is looked at."""

import asyncio
import sys
from pathlib import Path

from bench.reporting.result_set import load
from bench.rows import ROWS

# So long only where something hangs.
STUCK_SECONDS = 600
# Where control groups can be made.
OPTIONAL = {"workers"}


async def test_a_tiny_run_measures_every_row_and_draws_plots(short_dir: Path) -> None:
    results = short_dir / "results"
    command = (sys.executable, "-m", "bench", "--tiny", "--directory", str(short_dir), "--results", str(results))
    async with asyncio.timeout(STUCK_SECONDS):
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        output, messages = await process.communicate()
    assert process.returncode == 0, messages.decode()
    [path] = results.glob("*.json")
    found = load(path)
    assert found.failed == {}
    assert all(value > 0 for figure in found.figures if figure.unit != "MiB" for value in figure.values)
    table = output.decode()
    # A tiny run starts no container.
    wanted = [row for row in ROWS if "LocalStack" not in row.title and row.work not in OPTIONAL]
    assert [row.title for row in wanted if row.title not in table] == []
    assert "LocalStack" not in table
    assert {plot.name for plot in results.glob("*.png")} >= {"ratios.png", "latencies.png", "large-files.png"}
