"""Both stores fail at random, from a seed, while clients work and the reaper reaps."""

from collections.abc import AsyncIterator
from contextlib import ExitStack

import anyio
import pytest

from tests.harness.fault_proxy import Effect, FaultProxy, effects
from tests.harness.fault_proxy.http import SLOW_DOWN, UNAVAILABLE
from tests.integration.faults.journal import SIZES, Journal
from tests.integration.faults.site import Site, site_on
from tests.support.parts.stacks import Stack

CLIENTS = 8
CHANGES = 12
SEED = 20261121
ANYWHERE = (effects.cut, effects.cut_midway, effects.lose_answer, effects.truncate(-1, reset=True))
ONLY_HTTP = (effects.answer(SLOW_DOWN), effects.answer(UNAVAILABLE))


@pytest.fixture
async def flaky(stack: Stack) -> AsyncIterator[Site]:
    """A site whose service under attack reaps as well, and keeps small files inline."""
    async with site_on(stack, FILEPORT_REAPER_INTERVAL="0.05", FILEPORT_INLINE_BYTES="4096") as site:
        yield site


async def test_stores_that_fail_at_random_lose_nothing_and_leave_nothing(flaky: Site) -> None:
    journals = [Journal(flaky, SEED + client, sizes=SIZES if client == 0 else SIZES[:-1]) for client in range(CLIENTS)]
    for journal in journals:
        await journal.open()
    with ExitStack() as faults:
        _break(faults, flaky.postgres, ANYWHERE, share=0.01)
        if flaky.has_s3:
            _break(faults, flaky.s3, ANYWHERE + ONLY_HTTP, share=0.03)
        async with anyio.create_task_group() as tasks:
            for journal in journals:
                tasks.start_soon(journal.work, CHANGES)
    assert sum(journal.acknowledged for journal in journals) > 0
    assert sum(journal.refused for journal in journals) > 0
    await flaky.check_all()


def _break(faults: ExitStack, proxy: FaultProxy, kinds: tuple[Effect, ...], *, share: float) -> None:
    for number, effect in enumerate(kinds):
        faults.enter_context(proxy.fault(effect, share=share, seed=SEED + number))
