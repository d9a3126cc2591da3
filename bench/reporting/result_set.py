"""All that one run found, as a file."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench.reporting.samples import Figure


class ResultSet(msgspec.Struct, frozen=True, kw_only=True):
    """`missing` has the reason why a side did not do a work, by `side/work`; of `failed` works it is a fault."""

    taken_at: datetime
    machine: dict[str, str]
    conditions: dict[str, str]
    figures: list[Figure]
    missing: dict[str, str] = {}
    failed: dict[str, str] = {}

    def find(self, side: str, work: str) -> Figure | None:
        return next((each for each in self.figures if (each.side, each.work) == (side, work)), None)


def save(results: ResultSet, directory: Path) -> Path:
    """Write the results to a file named after their time and commit, and return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    commit = results.machine.get("commit", "unknown").rstrip("+")
    path = directory / f"{results.taken_at.astimezone(UTC):%Y-%m-%d-%H%M}-{commit}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    return path


def load(path: Path) -> ResultSet:
    return msgspec.json.decode(path.read_bytes(), type=ResultSet)
