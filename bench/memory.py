"""The memory of processes, as Linux tells it; elsewhere nothing is told."""

from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


class Memory:
    """Of the process `pid` and all that it started. In bytes; None where it is not known."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def resident(self) -> int | None:
        return self._sum("VmRSS")

    def peak(self) -> int | None:
        """The sum of the peaks of each process, since the last reset."""
        return self._sum("VmHWM")

    def peaks(self) -> list[tuple[str, int]]:
        """The name and the peak of each process, the first one's first."""
        return [((_PROC / str(pid) / "comm").read_text().strip(), _read(pid, "VmHWM")) for pid in family(self._pid)]

    def reset_peak(self) -> None:
        with suppress(OSError):
            for pid in family(self._pid):
                (_PROC / str(pid) / "clear_refs").write_text("5")

    def _sum(self, field: str) -> int | None:
        try:
            return sum(_read(pid, field) for pid in family(self._pid))
        except OSError:
            return None


def family(pid: int) -> list[int]:
    """Return the process and its descendants, parents before their children."""
    children = (_PROC / str(pid) / "task" / str(pid) / "children").read_text().split()
    return [pid, *(member for child in children for member in family(int(child)))]


def proportional(pid: int) -> int:
    """Return the proportional set size of a process: what it shares with others counts in parts. In bytes."""
    for line in (_PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Pss":
            return int(value.split()[0]) * 1024
    return 0


def resident(pid: int) -> int:
    """Return the resident set size of a process, what it shares with others included. In bytes."""
    return _read(pid, "VmRSS")


def resident_peak(pid: int) -> int:
    """Return the greatest resident set size of a process since its last reset. In bytes."""
    return _read(pid, "VmHWM")


def _read(pid: int, field: str) -> int:
    for line in (_PROC / str(pid) / "status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == field:
            return int(value.split()[0]) * 1024
    return 0
