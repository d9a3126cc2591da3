"""Beyond the concurrency limit requests wait in line for a slot, and not for long."""

import anyio
import pytest
from prometheus_client import REGISTRY

from domain.access.callers import NOBODY, ROOT, Caller, CallerLimits
from domain.access.limits import LimitCallers
from domain.errors import OverloadedError
from service.runtime.concurrency import Capacity, ConcurrencyLimit
from tests.fakes.clock import FakeClock
from tests.support.loop_clock import LoopClock

CALLERS = LimitCallers(FakeClock(), CallerLimits())


def figure(name: str) -> float:
    return REGISTRY.get_sample_value(name, {"kind": "uploads"}) or 0


async def use(limit: ConcurrencyLimit, name: str, order: list[str], until: anyio.Event) -> None:
    async with limit.slot(ROOT):
        order.append(name)
        await until.wait()


async def test_slots_are_given_in_the_order_of_the_line() -> None:
    limit = Capacity(CALLERS, uploads=1, downloads=1, timeout=60).uploads
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
    limit = Capacity(CALLERS, uploads=1, downloads=1, timeout=10).uploads
    shed = figure("fileport_shed_requests_total")
    async with limit.slot(ROOT), LoopClock(monkeypatch).running():
        with pytest.raises(OverloadedError, match="uploads"):
            async with limit.slot(ROOT):
                pass
    assert figure("fileport_shed_requests_total") == shed + 1
    async with limit.slot(ROOT):
        assert figure("fileport_transfers") == 1


async def test_a_request_that_leaves_the_line_takes_no_slot() -> None:
    limit = Capacity(CALLERS, uploads=1, downloads=1, timeout=60).uploads
    async with limit.slot(ROOT), anyio.create_task_group() as tasks:
        tasks.start_soon(use, limit, "gone", [], anyio.Event())
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    async with limit.slot(ROOT):
        pass


async def test_callers_without_a_key_leave_half_of_the_slots_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    capacity = Capacity(CALLERS, uploads=1, downloads=4, timeout=10)
    keyless, keyed = capacity.downloads_for(NOBODY), capacity.downloads_for(ROOT)
    assert capacity.downloads_for(Caller(kind="link", id="1")) is keyless
    async with LoopClock(monkeypatch).running():
        async with keyless.slot(NOBODY), keyless.slot(NOBODY):
            with pytest.raises(OverloadedError, match="downloads"):
                async with keyless.slot(NOBODY):
                    pass
            async with keyed.slot(ROOT), keyed.slot(ROOT):
                with pytest.raises(OverloadedError):
                    async with keyed.slot(ROOT):
                        pass
        # A refusal of the whole gives the place in the half back.
        async with keyed.slot(ROOT), keyed.slot(ROOT), keyed.slot(ROOT), keyed.slot(ROOT):
            for _ in range(3):
                with pytest.raises(OverloadedError):
                    async with keyless.slot(NOBODY):
                        pass
        async with keyless.slot(NOBODY), keyless.slot(NOBODY):
            pass


async def test_a_caller_without_a_key_gets_the_only_slot() -> None:
    async with Capacity(CALLERS, uploads=1, downloads=1).downloads_for(NOBODY).slot(NOBODY):
        pass


async def test_listings_without_a_key_leave_half_of_the_catalog_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    capacity = Capacity(CALLERS, uploads=1, downloads=1, connections=4, timeout=10)
    async with LoopClock(monkeypatch).running(), capacity.listing_for(NOBODY), capacity.listing_for(NOBODY):
        with pytest.raises(OverloadedError, match="listings"):
            async with capacity.listing_for(NOBODY):
                pass
        async with capacity.listing_for(ROOT), capacity.listing_for(ROOT), capacity.listing_for(ROOT):
            pass
