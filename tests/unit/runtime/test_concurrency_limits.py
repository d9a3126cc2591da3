"""Who comes when all places are taken waits in line, and not for long."""

import anyio
import pytest
from prometheus_client import REGISTRY

from domain.errors import OverloadedError
from service.runtime.concurrency import Capacity, ConcurrencyLimit


def figure(name: str) -> float:
    return REGISTRY.get_sample_value(name, {"kind": "uploads"}) or 0


async def use(places: ConcurrencyLimit, name: str, order: list[str], until: anyio.Event) -> None:
    async with places.slot():
        order.append(name)
        await until.wait()


async def test_places_are_given_in_the_order_of_the_line() -> None:
    places = Capacity(uploads=1, downloads=1, timeout=60).uploads
    order: list[str] = []
    ends = [anyio.Event() for _ in range(3)]
    async with anyio.create_task_group() as tasks:
        for name, end in zip("abc", ends, strict=True):
            tasks.start_soon(use, places, name, order, end)
            await anyio.wait_all_tasks_blocked()
        assert order == ["a"]
        assert figure("fileport_transfers") == 1
        for end in ends:
            end.set()
    assert order == ["a", "b", "c"]
    assert figure("fileport_transfers") == 0


async def test_who_waits_too_long_is_refused_and_counted_and_the_place_is_kept_for_the_next() -> None:
    places = Capacity(uploads=1, downloads=1, timeout=0.01).uploads
    shed = figure("fileport_shed_requests_total")
    async with places.slot():
        with pytest.raises(OverloadedError, match="uploads"):
            async with places.slot():
                pass
    assert figure("fileport_shed_requests_total") == shed + 1
    async with places.slot():
        assert figure("fileport_transfers") == 1


async def test_who_leaves_the_line_takes_no_place() -> None:
    places = Capacity(uploads=1, downloads=1, timeout=60).uploads
    async with places.slot(), anyio.create_task_group() as tasks:
        tasks.start_soon(use, places, "gone", [], anyio.Event())
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    async with places.slot():
        pass
