"""Sweeps go on after a failure."""

import anyio
import pytest
import structlog
from prometheus_client import REGISTRY

from domain.blobs.model import new_blob_key
from domain.maintenance.sweep import Sweep
from service.runtime.periodic import sweep_forever
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.database import CATALOG_DOWN


def aborted() -> float:
    return REGISTRY.get_sample_value("fileport_swept_total", {"kind": "aborted_writes"}) or 0


@pytest.mark.parametrize("failure", [CATALOG_DOWN, RuntimeError("a bug")])
async def test_a_sweep_that_fails_is_logged_and_the_next_one_does_the_work(
    catalog: FakeCatalog, blobs: FakeBlobStore, failure: Exception
) -> None:
    blobs.unfinished[new_blob_key()] = bytearray(b"part")
    catalog.database.fail_with = failure
    before = aborted()
    with structlog.testing.capture_logs() as logs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: sweep_forever(Sweep(catalog.integrity, blobs), interval=0))
            while not logs:
                await anyio.lowlevel.checkpoint()
            catalog.database.fail_with = None
            while blobs.unfinished or logs[-1]["event"] != "swept":
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
    assert logs[0]["event"] == "sweeping failed"
    assert (logs[-1]["aborted"], logs[-1]["refused"]) == (1, 0)
    assert aborted() == before + 1
