"""A storm of clients on a real server, within what it has room for and beyond."""

import asyncio
from pathlib import Path

import pytest

from bench.storm import MEBIBYTE, Storm
from tests.support.clients import ROOT_KEY
from tests.support.processes.server import serving

# So long only where clients are not served at all.
STUCK_SECONDS = 300


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({}, id="as it comes"),
        pytest.param({"FILEPORT_MAX_UPLOADS": "2", "FILEPORT_MAX_DOWNLOADS": "2"}, id="beyond capacity"),
    ],
)
async def test_500_clients_at_once_all_get_through(short_dir: Path, limits: dict[str, str]) -> None:
    clients = 500 if not limits else 100
    async with serving({"FILEPORT_DATA_DIR": str(short_dir), "FILEPORT_LOG_LEVEL": "warning", **limits}) as server:
        port = int(server.url.rpartition(":")[2])
        async with asyncio.timeout(STUCK_SECONDS):
            tally = await Storm(port, ROOT_KEY, clients=clients).rage()
        assert tally.wrong == []
        assert (tally.stored, tally.read) == (clients, clients)
        # It serves, and never says that it does not.
        assert set(tally.ready) == {200}
        assert tally.shed > 0 or not limits
        assert peak_memory(server.worker) < 400 * MEBIBYTE
        # Nothing is left over that would be in anybody's way.
        again = await Storm(port, ROOT_KEY, clients=2, seed=1).rage()
        assert (again.wrong, again.shed) == ([], 0)


def peak_memory(pid: int) -> int:
    """Return the most memory that the process has had, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "VmHWM":
            return int(value.split()[0]) * 1024
    raise AssertionError("Linux tells the peak of every process.")
