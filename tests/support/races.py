"""Calls that run at once, and what becomes of each."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

from domain.errors import FileportError

T = TypeVar("T")


async def race(calls: Iterable[Awaitable[T]]) -> tuple[list[T], list[FileportError]]:
    """Run all calls at once. Returns what they returned, and what they were refused with."""
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    refusals = [outcome for outcome in outcomes if isinstance(outcome, FileportError)]
    results = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert len(refusals) + len(results) == len(outcomes), outcomes
    return results, refusals


def kinds(refusals: Iterable[FileportError]) -> set[type[FileportError]]:
    """Return the kinds of refusals."""
    return {type(refusal) for refusal in refusals}
