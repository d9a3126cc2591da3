"""Completions go on without the requests that wait for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast
from uuid import UUID, uuid4

import anyio
import pytest
import structlog

from domain.access.callers import ROOT, Caller
from domain.direct_uploads.complete_direct_upload import CompleteDirectUpload
from domain.direct_uploads.errors import IncompleteUploadError
from domain.files.model import Stored
from service.runtime.completions import MAX_CONCURRENT
from service.runtime.direct_upload_completions import DirectUploadCompletions
from tests.support.factories import FileFactory

STORED = Stored(file=FileFactory.build(), created=True)


class Work:
    """Completes when it is let, as `outcome` says."""

    def __init__(self) -> None:
        self.let = anyio.Event()
        self.begun: list[UUID] = []
        self.outcome: Stored | Exception | None = STORED

    async def __call__(self, _: Caller, id: UUID) -> Stored | None:
        self.begun.append(id)
        await self.let.wait()
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@asynccontextmanager
async def running(work: Work, *, seconds: float) -> AsyncIterator[DirectUploadCompletions]:
    completions = DirectUploadCompletions(cast(CompleteDirectUpload, work), timeout=seconds)
    async with anyio.create_task_group() as tasks:
        await tasks.start(completions.run)
        yield completions
        tasks.cancel_scope.cancel()


async def test_a_request_that_waits_gets_the_file() -> None:
    work = Work()
    work.let.set()
    async with running(work, seconds=60) as completions:
        assert await completions.complete(ROOT, uuid4()) is STORED
        assert len(work.begun) == 1


async def test_a_later_request_joins_the_completion_in_flight() -> None:
    work, id = Work(), uuid4()
    async with running(work, seconds=0) as completions:
        assert await completions.complete(ROOT, id) is None
        await anyio.wait_all_tasks_blocked()
        assert await completions.complete(ROOT, id) is None
        await anyio.wait_all_tasks_blocked()
        assert work.begun == [id]
        work.let.set()
        await anyio.wait_all_tasks_blocked()
        # It has ended: the next request begins another one.
        assert await completions.complete(ROOT, id) is None
        await anyio.wait_all_tasks_blocked()
        assert work.begun == [id, id]


async def test_all_waiting_requests_get_the_error() -> None:
    work, id = Work(), uuid4()
    work.outcome = IncompleteUploadError("No bytes were sent yet.")
    told: list[str] = []

    async def wait(completions: DirectUploadCompletions) -> None:
        with pytest.raises(IncompleteUploadError) as raised:
            await completions.complete(ROOT, id)
        told.append(raised.value.detail)

    async with running(work, seconds=60) as completions, anyio.create_task_group() as waiting:
        for _ in range(2):
            waiting.start_soon(wait, completions)
        await anyio.wait_all_tasks_blocked()
        work.let.set()
    assert told == ["No bytes were sent yet."] * 2
    assert work.begun == [id]


async def test_a_bug_is_logged_and_ends_nothing_else() -> None:
    work = Work()
    work.outcome = RuntimeError("a bug")
    work.let.set()
    with structlog.testing.capture_logs() as logs:
        async with running(work, seconds=60) as completions:
            with pytest.raises(RuntimeError, match="a bug"):
                await completions.complete(ROOT, uuid4())
            work.outcome = STORED
            assert await completions.complete(ROOT, uuid4()) is STORED
    assert [line["event"] for line in logs] == ["completing failed"]


async def test_only_a_few_are_completed_at_once() -> None:
    work = Work()
    async with running(work, seconds=0) as completions:
        for _ in range(MAX_CONCURRENT + 1):
            await completions.complete(ROOT, uuid4())
        await anyio.wait_all_tasks_blocked()
        assert len(work.begun) == MAX_CONCURRENT
        work.let.set()
        await anyio.wait_all_tasks_blocked()
        assert len(work.begun) == MAX_CONCURRENT + 1


async def test_a_request_that_waits_during_shutdown_gets_no_file() -> None:
    work = Work()
    outcomes: list[Stored | None] = []

    async def wait(completions: DirectUploadCompletions) -> None:
        outcomes.append(await completions.complete(ROOT, uuid4()))

    async with anyio.create_task_group() as waiting, running(work, seconds=60) as completions:
        waiting.start_soon(wait, completions)
        await anyio.wait_all_tasks_blocked()
    assert outcomes == [None]


async def test_nothing_is_completed_where_nothing_runs() -> None:
    with pytest.raises(RuntimeError, match="Nothing runs"):
        await DirectUploadCompletions(cast(CompleteDirectUpload, Work())).complete(ROOT, uuid4())
