"""The memory that bodies of all requests share."""

import anyio
import pytest

from domain.errors import OverloadedError
from service.runtime.memory_budget import MemoryBudget


async def test_a_body_waits_until_there_is_room() -> None:
    budget = MemoryBudget(10, timeout=60)
    await budget.take(8)
    taken = []

    async def take(size: int) -> None:
        await budget.take(size)
        taken.append(size)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(take, 5)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(take, 2)
        await anyio.wait_all_tasks_blocked()
        assert taken == [2]
        budget.release(8)
    assert taken == [2, 5]


async def test_a_body_that_finds_no_room_in_time_is_refused() -> None:
    budget = MemoryBudget(10, timeout=0)
    await budget.take(10)
    with pytest.raises(OverloadedError):
        await budget.take(1)
    budget.release(10)
    await budget.take(10)


async def test_a_request_that_is_cancelled_while_it_waits_takes_nothing() -> None:
    budget = MemoryBudget(10, timeout=60)
    await budget.take(10)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(budget.take, 5)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    budget.release(10)
    await budget.take(10)
