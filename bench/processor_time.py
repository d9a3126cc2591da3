"""The processor time of processes, as Linux tells it: what a request costs, whatever else the machine does."""

import os
from pathlib import Path

from bench.memory import family

_TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float | None:
    """Return what the process and its descendants have used, in user and system mode; None where it is not known."""
    try:
        return sum(map(_seconds, family(pid)))
    except OSError:
        return None


def _seconds(pid: int) -> float:
    # The name, in parentheses, may have spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
