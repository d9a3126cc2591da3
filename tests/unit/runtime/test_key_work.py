"""The work on keys beside the requests goes on after failures, and says so once."""

from collections.abc import Callable
from typing import NoReturn

import anyio
import pytest
import structlog

from domain.keys.checking.key_cache import KeyCache
from domain.keys.checking.last_uses import LastUses
from domain.keys.checking.lookup_budget import LookupBudget
from domain.keys.secret import new_access_key_id
from service.runtime import keys as work
from service.runtime.keys import hear_of_changes_forever
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import CATALOG_DOWN
from tests.unit.keys.conftest import make_checking


class Interrupted:
    """Hears of nothing as often as that, then works."""

    def __init__(self, times: int, failure: Exception) -> None:
        self.works = anyio.Event()
        self._times = times
        self._failure = failure

    async def watch(self, on_change: Callable[[str], object], on_gap: Callable[[], object]) -> NoReturn:
        if self._times:
            self._times -= 1
            raise self._failure
        on_gap()
        on_change(new_access_key_id())
        self.works.set()
        await anyio.sleep_forever()
        raise AssertionError("It sleeps for ever.")


async def hear(changes: Interrupted, cache: KeyCache) -> list[str]:
    with structlog.testing.capture_logs() as logs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hear_of_changes_forever, changes, cache)
            await changes.works.wait()
            tasks.cancel_scope.cancel()
    return [line["event"] for line in logs]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "RECONNECT_SECONDS", 0)


@pytest.fixture
def cache(catalog: FakeCatalog, clock: FakeClock) -> KeyCache:
    return KeyCache(catalog.key_records, clock, LookupBudget(clock))


async def test_a_loss_of_the_line_is_logged_once_and_so_is_its_end(cache: KeyCache) -> None:
    assert await hear(Interrupted(3, CATALOG_DOWN), cache) == [
        "changes of keys are not heard of",
        "changes of keys are heard of again",
    ]


async def test_a_bug_is_logged_each_time_and_ends_nothing(cache: KeyCache) -> None:
    assert await hear(Interrupted(2, RuntimeError("a bug")), cache) == ["hearing of changes of keys failed"] * 2


async def test_a_line_that_works_is_not_worth_a_word(cache: KeyCache) -> None:
    assert await hear(Interrupted(0, CATALOG_DOWN), cache) == []


async def test_uses_that_could_not_be_recorded_are_later(catalog: FakeCatalog, clock: FakeClock) -> None:
    checking = make_checking(catalog)
    issued = await checking.make()
    uses = LastUses(catalog.key_records, clock)
    uses.note(str(issued.key.id))
    used_at = clock.now()
    clock.advance(30)
    catalog.database.fail_with = CATALOG_DOWN
    with pytest.raises(type(CATALOG_DOWN)):
        await uses.record()
    catalog.database.fail_with = None
    await uses.record()
    assert catalog.database.api_keys[issued.key.id].key.last_used_at == used_at
    clock.advance(600)
    await uses.record()
    assert catalog.database.api_keys[issued.key.id].key.last_used_at == used_at
