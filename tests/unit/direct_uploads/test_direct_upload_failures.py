"""Direct uploads while the catalog or the blob store fails: nothing stays, and a request can be repeated."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.blobs.errors import DirectAccessUnsupportedError
from domain.errors import LeaseLostError, OutcomeUnknownError
from tests.fakes.blobs.direct_access import FakeDirectAccess
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.database import CATALOG_DOWN, FakeDatabase
from tests.support.fake_service import Service
from tests.unit.direct_uploads.direct_requests import (
    LIFE,
    PART,
    UPLOADS,
    URL_LIFE,
    begin,
    complete,
    reap_after,
    refusal,
    send,
)


async def test_an_upload_can_be_ended_while_the_store_is_down(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    upload = await begin(client)
    blobs.fail_with = BLOB_STORE_DOWN
    assert (await client.delete(f"{UPLOADS}/{upload['id']}")).status_code == 204


async def test_on_a_store_without_a_way_in_all_of_it_is_a_conflict(
    client: httpx.AsyncClient, direct: FakeDirectAccess, database: FakeDatabase
) -> None:
    direct.fail_with = DirectAccessUnsupportedError("The bytes are kept on a disk.")
    id_ = uuid4()
    asked = {"bucket": "default", "name": "a", "size": 1}
    for method, path, body in (
        ("POST", "", asked),
        ("GET", "", None),
        ("GET", f"/{id_}", None),
        ("GET", f"/{id_}/parts", None),
        ("POST", f"/{id_}/complete", None),
        ("DELETE", f"/{id_}", None),
    ):
        answer = await client.request(method, f"{UPLOADS}{path}", json=body)
        assert refusal(answer) == (409, "direct_access_unsupported"), (method, path)
    assert not database.blobs


@pytest.mark.parametrize("size", [10, PART + 1])
async def test_a_store_that_is_down_opens_no_upload_and_leaves_nothing(
    client: httpx.AsyncClient,
    direct: FakeDirectAccess,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    size: int,
) -> None:
    async def down(_: str) -> str:
        raise BLOB_STORE_DOWN

    asked = {"bucket": "default", "name": "a", "size": size, "part_size": PART}
    monkeypatch.setattr(direct, "begin_parts", down)  # it goes down after it was asked
    answer = await client.post(UPLOADS, json=asked)
    assert answer.status_code == (201 if size == 10 else 503)
    await reap_after(service, LIFE + URL_LIFE)
    assert not service.catalog.database.blobs


@pytest.mark.parametrize(
    ("port", "call", "error", "code"),
    [
        ("blob_records", "reserve_blobs", OutcomeUnknownError("Lost."), "catalog_unavailable"),
        ("blob_records", "reserve_blobs", CATALOG_DOWN, "catalog_unavailable"),
        ("direct_uploads", "open_direct_upload", CATALOG_DOWN, "catalog_unavailable"),
        ("direct_uploads", "open_direct_upload", LeaseLostError("Lost."), "lease_lost"),
        ("direct_uploads", "open_direct_upload", OutcomeUnknownError("Lost."), "outcome_unknown"),
    ],
)
async def test_a_catalog_that_fails_opens_no_upload_and_leaves_nothing(
    client: httpx.AsyncClient,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    port: str,
    call: str,
    error: Exception,
    code: str,
) -> None:
    async def failing(*_: object, **__: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(getattr(service.catalog, port), call, failing)
        answer = await client.post(UPLOADS, json={"bucket": "default", "name": "a", "size": 1})
    assert refusal(answer) == (503, code)
    await reap_after(service, LIFE + URL_LIFE)
    assert not service.catalog.database.blobs


async def test_a_completion_that_fails_leaves_nothing_and_can_be_repeated(
    client: httpx.AsyncClient,
    direct: FakeDirectAccess,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")

    def failing(error: Exception) -> Callable[..., Awaitable[None]]:
        async def fail(*_: object, **__: object) -> None:
            raise error

        return fail

    for owner, call, error, code in (
        (service.catalog.direct_uploads, "commit_direct_upload", CATALOG_DOWN, "catalog_unavailable"),
        (direct, "copy", BLOB_STORE_DOWN, "blob_store_unavailable"),
        (service.blobs, "get_size", BLOB_STORE_DOWN, "blob_store_unavailable"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, call, failing(error))
            assert refusal(await complete(client, upload)) == (503, code)
        found = (await client.get(f"{UPLOADS}/{upload['id']}")).json()
        assert (found["state"], found["failure"]["code"]) == ("open", code)
    assert (await complete(client, upload)).status_code == 201
    await reap_after(service, LIFE + URL_LIFE)
    assert [row.state for row in service.catalog.database.blobs.values()] == ["live"]
    assert len(service.blobs.stored) == 1


async def test_a_commit_without_an_answer_is_found_by_its_repeat(
    client: httpx.AsyncClient, direct: FakeDirectAccess, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.files.content.commit_retries.PAUSE_SECONDS", 0)
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    commit = service.catalog.direct_uploads.commit_direct_upload
    lost = [True]

    async def losing(*arguments: Any) -> Any:
        stored = await commit(*arguments)
        if lost.pop() if lost else False:
            raise OutcomeUnknownError("The answer was lost.")
        return stored

    monkeypatch.setattr(service.catalog.direct_uploads, "commit_direct_upload", losing)
    answer = await complete(client, upload)
    assert (answer.status_code, answer.json()["revision"]) == (201, 1)
    assert (await client.get("/v1/files?total=true")).json()["total"] == 1


async def test_a_claim_without_an_answer_ends_with_its_reservation(
    client: httpx.AsyncClient, direct: FakeDirectAccess, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")
    claim = service.catalog.direct_uploads.claim_direct_upload

    async def losing(*arguments: Any) -> Any:
        await claim(*arguments)
        raise OutcomeUnknownError("The answer was lost.")

    with monkeypatch.context() as patch:
        patch.setattr(service.catalog.direct_uploads, "claim_direct_upload", losing)
        assert refusal(await complete(client, upload)) == (503, "catalog_unavailable")
    assert (await complete(client, upload)).status_code == 201


async def test_a_store_that_does_not_remove_what_was_staged_leaves_it_to_the_reaper(
    client: httpx.AsyncClient, direct: FakeDirectAccess, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await begin(client)
    send(direct, upload, b"0123456789")

    async def down(_: object) -> None:
        raise BLOB_STORE_DOWN

    with monkeypatch.context() as patch:
        patch.setattr(service.blobs, "delete", down)
        assert (await complete(client, upload)).status_code == 201
    assert len(service.blobs.stored) == 2
    await reap_after(service, LIFE + URL_LIFE)
    assert len(service.blobs.stored) == 1
