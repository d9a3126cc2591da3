"""Bytes add up to a file, however they come."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from domain.errors import OutcomeUnknownError
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.database import CATALOG_DOWN, FakeDatabase
from tests.fakes.uploads import FakeUploads
from tests.support.clients import client_of
from tests.support.fake_service import Service, open_service
from tests.support.tus import BYTES, TUS
from tests.unit.uploads.requests import add, begin, broken, offset, stored


async def test_bytes_add_up_whatever_their_pieces(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    data = bytes(range(256)) * 1000
    url = await begin(client, len(data))
    position, answer = 0, None
    for size in (1, 0, 70_000, 100_000, 1000, 84_999):
        answer = await add(client, url, position, data[position : position + size])
        position += size
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(position))
    assert answer is not None
    assert (await stored(client, answer))[1] == data
    assert not blobs.pieces


async def test_an_upload_that_is_under_way_tells_its_offset_length_and_end(
    client: httpx.AsyncClient, service: Service
) -> None:
    url = await begin(client, 10)
    service.clock.advance(3600)
    answer = await add(client, url, 0, b"012")
    assert answer.headers["upload-expires"] == "Fri, 02 Jan 2026 01:00:00 GMT"
    found = await client.head(url, headers=TUS)
    assert (found.headers["upload-offset"], found.headers["upload-length"]) == ("3", "10")
    assert found.headers["upload-expires"] == answer.headers["upload-expires"]
    assert "upload-metadata" not in found.headers
    assert "fileport-file-id" not in found.headers


@pytest.mark.parametrize("at", [0, 4])
async def test_bytes_at_another_offset_are_refused(client: httpx.AsyncClient, at: int) -> None:
    url = await begin(client, 10)
    await add(client, url, 0, b"012")
    answer = await add(client, url, at, b"3456789")
    assert (answer.status_code, answer.json()["code"]) == (409, "offset_mismatch")
    assert answer.headers["upload-offset"] == "3"
    assert await offset(client, url) == 3


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": "application/octet-stream"}, 415, "unsupported_media_type"),
        ({"Content-Type": ""}, 415, "unsupported_media_type"),
        ({"Upload-Offset": "x"}, 400, "invalid_upload"),
        ({"Upload-Offset": ""}, 400, "invalid_upload"),
        ({"Upload-Length": "11"}, 400, "invalid_upload"),
        ({"Upload-Checksum": "sha1"}, 400, "invalid_checksum"),
        ({"Upload-Checksum": "sha1 !"}, 400, "invalid_checksum"),
        ({"Upload-Checksum": "sha512 YQ=="}, 400, "invalid_checksum"),
        ({"Upload-Checksum": "md5 YQ=="}, 460, "checksum_mismatch"),
        # Only a chunked body has a trailer section.
        ({"Trailer": "Upload-Checksum"}, 400, "invalid_checksum"),
    ],
)
async def test_an_addition_that_is_not_understood_is_refused(
    client: httpx.AsyncClient, headers: dict[str, str], status: int, code: str
) -> None:
    url = await begin(client, 10)
    answer = await add(client, url, 0, b"012", **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await offset(client, url) == 0


async def test_an_addition_says_its_offset(client: httpx.AsyncClient) -> None:
    answer = await client.patch(await begin(client, 10), content=b"x", headers=BYTES)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_upload")


async def test_more_bytes_than_the_length_are_refused(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"012"
        yield b"3456789x"

    url = await begin(client, 10)
    declared = await add(client, url, 0, b"0123456789x")
    assert (declared.status_code, declared.json()["code"]) == (413, "upload_too_long")
    assert await offset(client, url) == 0
    chunked = await client.patch(url, content=chunks(), headers={**BYTES, "Upload-Offset": "0"})
    assert (chunked.status_code, chunked.json()["code"]) == (413, "upload_too_long")
    answer = await add(client, url, await offset(client, url), b"3456789")
    assert (await stored(client, answer))[1] == b"0123456789"


async def test_a_finished_upload_takes_nothing_and_says_so(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"x"

    url = await begin(client, 3)
    first = await add(client, url, 0, b"012")
    again = await add(client, url, 3, b"")
    assert (again.status_code, again.headers["upload-offset"]) == (204, "3")
    assert again.headers["fileport-file-id"] == first.headers["fileport-file-id"]
    assert (await add(client, url, 0, b"012")).status_code == 409
    assert (await add(client, url, 3, b"3")).status_code == 413
    assert (await client.patch(url, content=chunks(), headers={**BYTES, "Upload-Offset": "3"})).status_code == 413


async def test_the_bytes_before_a_disconnect_are_kept(client: httpx.AsyncClient) -> None:
    url = await begin(client, 10)
    answer = await client.patch(url, content=broken(b"0123"), headers={**BYTES, "Upload-Offset": "0"})
    assert answer.json()["code"] == "interrupted_body"
    assert await offset(client, url) == 4
    answer = await add(client, url, 4, b"456789")
    assert (await stored(client, answer))[1] == b"0123456789"


async def test_a_process_that_has_not_seen_the_bytes_reads_them_for_the_hash(
    service: Service, client: httpx.AsyncClient
) -> None:
    url = await begin(client, 10)
    await add(client, url, 0, b"01234")
    async with open_service(service.fakes) as other, client_of(other.app) as elsewhere:
        answer = await add(elsewhere, url, 5, b"56789")
        assert (await stored(elsewhere, answer))[1] == b"0123456789"


async def test_a_store_that_is_down_keeps_the_bytes_it_has(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    url = await begin(client, 10)
    await add(client, url, 0, b"012")
    blobs.fail_with = BLOB_STORE_DOWN
    answer = await add(client, url, 3, b"3456789")
    assert (answer.status_code, answer.json()["code"]) == (503, "blob_store_unavailable")
    assert await offset(client, url) == 3
    blobs.fail_with = None
    answer = await add(client, url, 3, b"3456789")
    assert (await stored(client, answer))[1] == b"0123456789"


async def test_a_catalog_that_is_down_keeps_the_bytes_that_are_there(
    client: httpx.AsyncClient, database: FakeDatabase
) -> None:
    url = await begin(client, 10)
    await add(client, url, 0, b"012")
    database.fail_with = CATALOG_DOWN
    assert (await add(client, url, 3, b"3456789")).status_code == 503
    assert (await client.head(url, headers=TUS)).status_code == 503
    database.fail_with = None
    assert await offset(client, url) == 3


async def test_a_commit_without_an_answer_is_settled_by_repeating_it(
    client: httpx.AsyncClient, uploads: FakeUploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, lost = uploads.finish_upload, 0

    async def lose_answers(*arguments: Any, **named: Any) -> Any:
        nonlocal lost
        result = await commit(*arguments, **named)
        lost += 1
        if lost < 3:
            raise OutcomeUnknownError("The catalog went away.")
        return result

    monkeypatch.setattr("domain.files.content.commit_retries.PAUSE_SECONDS", 0)
    monkeypatch.setattr(uploads, "finish_upload", lose_answers)
    answer = await add(client, await begin(client, 3), 0, b"012")
    assert (answer.status_code, (await stored(client, answer))[1]) == (204, b"012")


async def test_a_catalog_that_goes_away_after_the_commit_makes_no_error_of_it(
    client: httpx.AsyncClient, catalog: FakeCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = catalog.uploads.finish_upload

    async def commit_and_go(*arguments: Any, **named: Any) -> Any:
        result = await commit(*arguments, **named)
        catalog.database.fail_with = CATALOG_DOWN
        return result

    monkeypatch.setattr(catalog.uploads, "finish_upload", commit_and_go)
    answer = await add(client, await begin(client, 3), 0, b"012")
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "3")
    catalog.database.fail_with = None
    assert (await stored(client, answer))[1] == b"012"


async def test_the_full_offset_is_told_only_of_a_file(
    client: httpx.AsyncClient, uploads: FakeUploads, blobs: FakeBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await begin(client, 3)

    async def fail(*_: Any, **__: Any) -> Any:
        raise CATALOG_DOWN

    with monkeypatch.context() as patch:
        patch.setattr(uploads, "finish_upload", fail)
        assert (await add(client, url, 0, b"012")).status_code == 503
        found = await client.head(url, headers=TUS)
        assert found.status_code == 503
        assert "upload-offset" not in found.headers
    found = await client.head(url, headers=TUS)
    assert (found.headers["upload-offset"], (await stored(client, found))[1]) == ("3", b"012")
