"""Beyond the concurrency limit requests wait in line for a slot, and not for long."""

import anyio
import pytest
from prometheus_client import REGISTRY

from domain.errors import OverloadedError
from service.runtime.concurrency import Capacity, ConcurrencyLimit
from tests.support.loop_clock import LoopClock


def figure(name: str) -> float:
    return REGISTRY.get_sample_value(name, {"kind": "uploads"}) or 0


async def use(limit: ConcurrencyLimit, name: str, order: list[str], until: anyio.Event) -> None:
    async with limit.slot():
        order.append(name)
        await until.wait()


async def test_slots_are_given_in_the_order_of_the_line() -> None:
    limit = Capacity(uploads=1, downloads=1, timeout=60).uploads
    order: list[str] = []
    ends = [anyio.Event() for _ in range(3)]
    async with anyio.create_task_group() as tasks:
        for name, end in zip("abc", ends, strict=True):
            tasks.start_soon(use, limit, name, order, end)
            await anyio.wait_all_tasks_blocked()
        assert order == ["a"]
        assert figure("fileport_transfers") == 1
        for end in ends:
            end.set()
    assert order == ["a", "b", "c"]
    assert figure("fileport_transfers") == 0


async def test_a_wait_for_longer_than_the_timeout_is_refused_and_counted_and_takes_no_slot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit = Capacity(uploads=1, downloads=1, timeout=10).uploads
    shed = figure("fileport_shed_requests_total")
    async with limit.slot(), LoopClock(monkeypatch).running():
        with pytest.raises(OverloadedError, match="uploads"):
            async with limit.slot():
                pass
    assert figure("fileport_shed_requests_total") == shed + 1
    async with limit.slot():
        assert figure("fileport_transfers") == 1


async def test_a_request_that_leaves_the_line_takes_no_slot() -> None:
    limit = Capacity(uploads=1, downloads=1, timeout=60).uploads
    async with limit.slot(), anyio.create_task_group() as tasks:
        tasks.start_soon(use, limit, "gone", [], anyio.Event())
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    async with limit.slot():
        pass
