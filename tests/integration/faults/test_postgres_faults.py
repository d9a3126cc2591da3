"""What the service answers, keeps and leaves when Postgres, or the line to it, fails."""

from collections.abc import Awaitable, Callable
from itertools import count

import anyio
import asyncpg
import httpx
import pytest

from tests.harness.fault_proxy import Effect, effects
from tests.integration.faults.changes import KINDS, Change, Changes
from tests.integration.faults.journal import Journal
from tests.integration.faults.site import Site, unavailable

EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
Kind = Callable[[Changes], Awaitable[Change]]

# Neither a connection that is made nor a statement that is only prepared is a step of a change.
STEPS = r"\A(?!connect|authenticate|prepare|WITH RECURSIVE typeinfo|SELECT typ|.*set_config)"
CONNECTING = r"connect|authenticate|set_config"
# Of a transaction, and of the one statement that commits most files.
COMMITTING = r"COMMIT|admitting AS"
RESERVATION = r"INSERT INTO blobs .*'staged'"
KILL_ALL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'fileport'
"""


@EACH_KIND
async def test_a_change_whose_line_breaks_at_any_step_is_made_or_not_and_the_answer_says_which(
    site: Site, changes: Changes, kind: Kind
) -> None:
    for breaks in (effects.cut_midway, effects.lose_answer):
        for step in count():
            change = await kind(changes)
            with site.postgres.fault(breaks, STEPS, times=1, skip=step) as fault:
                answer = await change.make(site.client)
            await change.judge(answer)
            if not fault.met:
                assert answer.is_success
                break
    await site.check()


async def test_an_answer_to_a_commit_that_is_lost_leaves_no_doubt_or_says_that_there_is_some(
    site: Site, changes: Changes
) -> None:
    for kind in KINDS:
        change = await kind(changes)
        with site.postgres.fault(effects.lose_answer, COMMITTING, times=1) as fault:
            answer = await change.make(site.client)
        assert fault.met
        assert await change.is_made()
        if kind in {Changes.new_file, Changes.replaced_file}:
            # An upload finds out its outcome by itself.
            assert answer.is_success
        else:
            assert unavailable(answer) == "outcome_unknown"
    await site.check()


async def test_an_upload_whose_commit_is_never_answered_is_in_doubt_and_not_lost(site: Site, changes: Changes) -> None:
    change = await changes.new_file()
    with site.postgres.fault(effects.lose_answer, COMMITTING):
        answer = await change.make(site.client)
    assert unavailable(answer) == "outcome_unknown"
    assert await change.is_made()
    await site.check()


async def test_a_reservation_that_is_not_answered_leaves_no_doubt_about_the_file(site: Site, changes: Changes) -> None:
    with site.postgres.fault(effects.lose_answer, RESERVATION) as fault:
        while not fault.met:
            change = await changes.new_file()
            answer = await change.make(site.client)
            if fault.met:
                assert unavailable(answer) == "catalog_unavailable"
            await change.judge(answer)
    await site.check()


@pytest.mark.parametrize("breaks", [effects.cut, effects.cut_midway, effects.lose_answer])
async def test_connections_that_cannot_be_made_are_no_connections(site: Site, changes: Changes, breaks: Effect) -> None:
    for step in count():
        change = await changes.patched_file()
        async with site.postgres.down():
            pass
        with site.postgres.fault(breaks, CONNECTING, times=1, skip=step) as fault:
            answer = await change.make(site.client)
        await change.judge(answer)
        if not fault.met:
            break
    await site.check()


async def test_a_postgres_that_is_down_is_unavailable_until_it_is_back(site: Site, changes: Changes) -> None:
    made = [await kind(changes) for kind in KINDS]
    async with site.postgres.down():
        for change in made:
            assert unavailable(await change.make(site.client)) == "catalog_unavailable"
            assert not await change.is_made()
        ready = await site.client.get("/health/ready")
        assert (ready.status_code, ready.json()["catalog"]) == (503, "failing")
        assert (await site.client.get("/health/live")).status_code == 200
    await site.recovered()
    for change in made:
        answer = await change.make(site.client)
        assert answer.is_success
        assert await change.is_made()
    await site.check()


async def test_a_commit_that_is_answered_late_holds_up_no_other_request(site: Site, changes: Changes) -> None:
    slow, others = await changes.new_file(), [await kind(changes) for kind in KINDS]
    answers: list[httpx.Response] = []

    async def make() -> None:
        answers.append(await slow.make(site.client))

    async with anyio.create_task_group() as tasks:
        with site.postgres.fault(effects.hold_answer, COMMITTING, times=1) as fault:
            tasks.start_soon(make)
            await fault.meeting()
            for change in others:
                assert (await change.make(site.client)).is_success
            assert answers == []
    assert answers[0].status_code == 201
    await site.check()


async def test_answers_that_are_late_or_come_in_pieces_are_answers(site: Site, changes: Changes) -> None:
    for effect in (effects.delay(0.02), effects.throttle(100, 0.001)):
        with site.postgres.fault(effect):
            for kind in KINDS:
                change = await kind(changes)
                assert (await change.make(site.client)).is_success
                assert await change.is_made()
    await site.check()


async def test_a_postgres_that_swallows_everything_is_seen_and_got_over(site: Site, changes: Changes) -> None:
    made = [await kind(changes) for kind in KINDS]

    async def make(change: Change) -> None:
        await change.judge(await change.make(site.client))

    async with anyio.create_task_group() as tasks:
        with site.postgres.fault(effects.swallow) as fault:
            for change in made:
                tasks.start_soon(make, change)
            await fault.meeting()
            ready = await site.client.get("/health/ready")
            assert ready.status_code == 503
            assert ready.json() == {"status": "failing", "catalog": "failing", "blob_store": "ok"}
            assert (await site.client.get("/health/live")).status_code == 200
    await site.check()


async def test_connections_that_postgres_ends_under_load_lose_nothing(site: Site) -> None:
    journals = [Journal(site, seed) for seed in range(8)]
    administrator = await asyncpg.connect(site.stack.environ["FILEPORT_DATABASE_URL"])
    for journal in journals:
        await journal.open()

    async def kill_all() -> None:
        for _ in range(6):
            await journals[0].progress()
            # The observer's connections as well.
            await administrator.execute(KILL_ALL)

    async with anyio.create_task_group() as tasks:
        for journal in journals:
            tasks.start_soon(journal.work, 15)
        tasks.start_soon(kill_all)
    await administrator.close()
    await site.check()
    assert sum(journal.acknowledged for journal in journals) > 0
