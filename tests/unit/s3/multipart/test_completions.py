"""Completions of multipart uploads that take long, meet each other, or end in an error."""

from collections.abc import Mapping, Sequence
from typing import Any

import anyio
import pytest

from domain.access.callers import ROOT
from domain.blobs.parts import StoredPart
from domain.values.preconditions import NO_PRECONDITION
from service.s3.multipart import complete_multipart_upload
from tests.fakes.blobs.part_blobs import FakePartBlobs
from tests.support.fake_service import Service
from tests.support.s3 import Answer, S3Client
from tests.unit.s3.multipart.uploads import Upload


class Gate:
    """Holds joins until it is opened."""

    def __init__(self) -> None:
        self.opened = anyio.Event()
        self.reached = anyio.Event()


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A blob store whose joins wait, and a service that soon answers with spaces."""
    gate, join = Gate(), FakePartBlobs.join

    async def slow(
        self: FakePartBlobs,
        key: str,
        state: Mapping[str, Any],
        parts: Sequence[StoredPart],
        *,
        is_all: bool,
        scratch: str,
    ) -> None:
        gate.reached.set()
        await gate.opened.wait()
        await join(self, key, state, parts, is_all=is_all, scratch=scratch)

    monkeypatch.setattr(FakePartBlobs, "join", slow)
    monkeypatch.setattr(complete_multipart_upload, "PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(complete_multipart_upload, "SPACE_SECONDS", 0.01)
    return gate


@pytest.fixture
async def upload(s3: S3Client) -> Upload:
    return await Upload.begin(s3)


async def completed_meanwhile(gate: Gate, upload: Upload, part: tuple[int, str], work: Any = None) -> Answer:
    """Complete the upload, and do `work` while its parts are joined."""
    answers: list[Answer] = []

    async def complete() -> None:
        answers.append(await upload.complete(part))

    async with anyio.create_task_group() as group:
        group.start_soon(complete)
        await gate.reached.wait()
        if work is not None:
            await work()
        gate.opened.set()
    return answers[0]


async def test_a_completion_that_takes_long_is_answered_with_spaces_and_its_result(gate: Gate, upload: Upload) -> None:
    part = await upload.add(1, b"x")
    answer = await completed_meanwhile(gate, upload, part, lambda: anyio.sleep(0.05))
    assert answer.status == 200
    declaration, _, rest = answer.body.partition(b"\n")
    assert declaration.startswith(b"<?xml")
    assert rest.startswith(b"  ")
    assert answer.text("ETag") is not None
    assert await upload.content() == b"x"


async def test_an_abort_during_a_completion_is_an_error_within_its_response(
    gate: Gate, upload: Upload, service: Service
) -> None:
    part = await upload.add(1, b"x")

    async def abort() -> None:
        assert (await upload.abort()).status == 204

    answer = await completed_meanwhile(gate, upload, part, abort)
    assert (answer.status, answer.code) == (200, "NoSuchUpload")
    assert service.catalog.database.files == {}
    assert {row.state for row in service.catalog.database.blobs.values() if row.due_at is not None} == {"condemned"}


async def test_a_part_that_is_sent_during_a_completion_is_refused(gate: Gate, upload: Upload) -> None:
    part = await upload.add(1, b"x")

    async def send() -> None:
        answer = await upload.put(1, b"y")
        assert (answer.status, answer.code) == (409, "OperationAborted")

    assert (await completed_meanwhile(gate, upload, part, send)).status == 200
    assert await upload.content() == b"x"


async def test_a_condition_that_fails_meanwhile_is_an_error_within_the_response(
    gate: Gate, s3: S3Client, upload: Upload
) -> None:
    part = await upload.add(1, b"x")
    answers: list[Answer] = []

    async def complete() -> None:
        answers.append(await upload.complete(part, if_none_match="*"))

    async with anyio.create_task_group() as group:
        group.start_soon(complete)
        await gate.reached.wait()
        await s3.send("PUT", upload.path, body=b"quicker")
        gate.opened.set()
    assert (answers[0].status, answers[0].code) == (200, "PreconditionFailed")
    assert await upload.content() == b"quicker"
    assert (await upload.complete(part)).status == 200


async def test_a_client_that_leaves_does_not_stop_its_completion(gate: Gate, upload: Upload, service: Service) -> None:
    part = await upload.add(1, b"x")
    async with anyio.create_task_group() as group:
        group.start_soon(upload.complete, part)
        await gate.reached.wait()
        group.cancel_scope.cancel()
    gate.opened.set()
    assert (await upload.complete(part)).status == 200
    [file] = service.catalog.database.files.values()
    await service.catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
    assert (await upload.complete(part)).status == 200
    assert service.catalog.database.files == {}
