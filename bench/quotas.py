"""Shares of a processor, by Linux's control groups, version 1 or 2."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.processes import StartError

_ROOT = Path("/sys/fs/cgroup")
_PERIOD_MICROSECONDS = 10_000


@contextmanager
def held_to(share: float, pids: Sequence[int]) -> Iterator[None]:
    """Give each process at most `share` of one processor meanwhile. Raises `StartError` where that cannot be done."""
    controller = _ROOT / "cpu" if (_ROOT / "cpu").is_dir() else _ROOT
    is_old = controller != _ROOT
    groups = [controller / f"fileport-bench-{pid}" for pid in pids]
    try:
        for group, pid in zip(groups, pids, strict=True):
            group.mkdir()
            quota = round(share * _PERIOD_MICROSECONDS)
            if is_old:
                (group / "cpu.cfs_period_us").write_text(str(_PERIOD_MICROSECONDS))
                (group / "cpu.cfs_quota_us").write_text(str(quota))
            else:
                (group / "cpu.max").write_text(f"{quota} {_PERIOD_MICROSECONDS}")
            (group / "cgroup.procs").write_text(str(pid))
        yield
    except OSError as error:
        raise StartError(f"Processes cannot be held to a share of a processor here: {error}.") from error
    finally:
        for group, pid in zip(groups, pids, strict=True):
            with suppress(OSError):
                (controller / "cgroup.procs").write_text(str(pid))
            with suppress(OSError):
                group.rmdir()


def is_spacious() -> bool:
    """Return whether two workers, Postgres and the clients each find a processor."""
    return (os.cpu_count() or 1) >= 4
