"""Sizes of parts, and the bytes that may be held."""

import pytest
from anyio import CancelScope, create_task_group
from anyio.lowlevel import checkpoint

from adapters.s3.multipart.budget import Budget
from adapters.s3.multipart.parts import MAX_PARTS, PART_SIZE, part_size

MIB = 1024**2
GIB = 1024**3
TIB = 1024**4


def sizes(total: int, expected: int | None) -> list[int]:
    """Return the sizes of the parts of a body of `total` bytes."""
    result: list[int] = []
    sent = 0
    while sent < total:
        size = min(part_size(len(result) + 1, sent=sent, expected=expected), total - sent)
        result.append(size)
        sent += size
    return result


@pytest.mark.parametrize("expected", [None, 0, 1, 5 * TIB])
def test_the_largest_object_fits_in_the_parts_that_s3_takes(expected: int | None) -> None:
    parts = sizes(5 * TIB, expected)
    assert len(parts) <= MAX_PARTS
    assert max(parts) <= 5 * GIB
    assert min(parts[:-1]) >= PART_SIZE


@pytest.mark.parametrize(
    ("total", "largest"), [(9 * GIB, PART_SIZE), (78 * GIB, PART_SIZE), (TIB, 110 * MIB), (5 * TIB, 560 * MIB)]
)
def test_parts_of_a_body_of_known_length_are_hardly_larger_than_its_share(total: int, largest: int) -> None:
    parts = sizes(total, total)
    assert len(parts) <= MAX_PARTS
    assert max(parts) <= largest


def test_a_length_that_is_claimed_makes_no_large_part() -> None:
    assert part_size(1, sent=0, expected=5 * TIB) == PART_SIZE
    assert part_size(200, sent=3 * GIB, expected=5 * TIB) < 32 * MIB


def test_numbers_that_were_skipped_make_no_large_part() -> None:
    assert part_size(5_000, sent=100 * MIB, expected=None) == PART_SIZE
    assert part_size(9_000, sent=4 * GIB, expected=None) < 42 * MIB


async def test_a_budget_grants_no_more_than_it_has() -> None:
    budget = Budget(10)
    assert await budget.acquire(6) == 6
    assert await budget.acquire(4) == 4
    budget.release(6)
    assert (budget.held, budget.peak) == (4, 10)


async def test_a_request_larger_than_the_budget_gets_all_of_it() -> None:
    budget = Budget(10)
    assert await budget.acquire(25) == 10
    budget.release(10)
    assert budget.held == 0


async def test_a_budget_serves_in_the_order_of_coming() -> None:
    budget, served = Budget(10), list[int]()
    await budget.acquire(10)

    async def take(amount: int) -> None:
        await budget.acquire(amount)
        served.append(amount)

    async with create_task_group() as group:
        for amount in (7, 2, 1):
            group.start_soon(take, amount)
            await checkpoint()
        # Enough for the two that came later, but it is not their turn.
        budget.release(3)
        await checkpoint()
        assert served == []
        budget.release(7)
    assert served == [7, 2, 1]


async def test_one_that_no_longer_waits_lets_the_next_pass() -> None:
    budget, scope = Budget(10), CancelScope()
    await budget.acquire(8)

    async def give_up() -> None:
        with scope:
            await budget.acquire(9)

    async with create_task_group() as group:
        group.start_soon(give_up)
        await checkpoint()
        group.start_soon(budget.acquire, 2)
        await checkpoint()
        assert budget.held == 8
        scope.cancel()
    assert budget.held == 10


async def test_one_that_is_cancelled_when_its_turn_comes_gives_it_back() -> None:
    budget, scope = Budget(10), CancelScope()
    await budget.acquire(10)

    async def give_up() -> None:
        with scope:
            await budget.acquire(9)

    async with create_task_group() as group:
        group.start_soon(give_up)
        await checkpoint()
        scope.cancel()
        budget.release(10)
        assert budget.held == 9
    assert budget.held == 0
