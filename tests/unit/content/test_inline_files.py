"""Small files, whose bytes the catalog keeps, over HTTP: all works as for others, and the blob store is not asked."""

import io
import zipfile
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from hashlib import sha256
from uuid import UUID

import httpx
import pytest

from domain.access.callers import ROOT
from domain.blobs.model import is_inline
from domain.values.preconditions import NO_PRECONDITION
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.database import FakeDatabase
from tests.support.clients import client_of
from tests.support.documented import DocumentedProblems
from tests.support.fake_service import Fakes, Service, lint, make_fakes, open_service
from tests.support.tus import BYTES, TUS, UPLOADS, encoded

FILES = "/v1/buckets/default/files"
LIMIT = 20
SMALL = b"just twenty of bytes"
LARGE = SMALL + b"!"


@pytest.fixture(scope="module")
def inline_fakes() -> Fakes:
    return make_fakes(grace=3600.0)


@pytest.fixture(scope="module")
async def inline_service(inline_fakes: Fakes) -> AsyncIterator[Service]:
    async with open_service(inline_fakes, environ={"FILEPORT_INLINE_BYTES": str(LIMIT)}) as service:
        yield service


@pytest.fixture
async def service(inline_service: Service) -> Service:
    await inline_service.reservations.close()
    inline_service.fakes.reset()
    return inline_service


@pytest.fixture
async def client(service: Service, documented: DocumentedProblems) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(service.app) as client:
        client.event_hooks = {"response": [lint, documented.check]}
        yield client


@pytest.fixture
def blobs(service: Service) -> FakeBlobStore:
    return service.blobs


@pytest.fixture
def database(service: Service) -> FakeDatabase:
    return service.catalog.database


async def put(client: httpx.AsyncClient, name: str, content: bytes | AsyncIterator[bytes] = SMALL) -> httpx.Response:
    answer = await client.put(f"{FILES}/{name}", content=content)
    assert answer.status_code in {200, 201}, answer.text
    return answer


async def chunked(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 7):
        yield content[start : start + 7]


@pytest.mark.parametrize("content", [b"", b"x", SMALL, chunked(SMALL)])
async def test_a_small_file_leaves_its_row_and_nothing_else(
    client: httpx.AsyncClient, blobs: FakeBlobStore, database: FakeDatabase, content: bytes | AsyncIterator[bytes]
) -> None:
    await put(client, "a", content)
    [row] = database.blobs.values()
    assert row.state == "live"
    assert blobs.stored == {}
    assert (await client.get(f"{FILES}/a")).content == (SMALL if isinstance(content, AsyncIterator) else content)


@pytest.mark.parametrize("content", [LARGE, chunked(LARGE)])
async def test_a_larger_one_goes_to_the_blob_store(
    client: httpx.AsyncClient, blobs: FakeBlobStore, content: bytes | AsyncIterator[bytes]
) -> None:
    await put(client, "a", content)
    assert list(blobs.stored.values()) == [LARGE]
    assert (await client.get(f"{FILES}/a")).content == LARGE


async def test_neither_storing_nor_reading_asks_the_blob_store(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    blobs.fail_with = BLOB_STORE_DOWN
    id_ = (await put(client, "a")).json()["id"]
    for url in (f"{FILES}/a", f"/v1/files/{id_}/content", f"/v1/files/{id_}/text"):
        assert (await client.get(url)).content == SMALL
    form = await client.post(FILES, files={"file": ("b", SMALL)})
    assert form.status_code == 201
    keyed = [await client.put(f"{FILES}/c", content=SMALL, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert keyed[0].json() == keyed[1].json()
    copy = await client.post(f"/v1/files/{id_}/copy", json={"name": "d"})
    assert copy.status_code == 201
    for name in "bcd":
        assert (await client.get(f"{FILES}/{name}")).content == SMALL
    assert (await client.put(f"{FILES}/e", content=LARGE)).status_code == 503


async def test_its_bytes_are_not_fetched_for_a_head(
    client: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = (await put(client, "a")).json()["id"]
    monkeypatch.setattr(service.catalog.files, "get_file_with_content", None)
    for url in (f"{FILES}/a", f"/v1/files/{id_}/content"):
        answer = await client.head(url)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["content-length"] == str(len(SMALL))


async def test_parts_of_it_are_read(client: httpx.AsyncClient) -> None:
    await put(client, "a")
    one = await client.get(f"{FILES}/a", headers={"Range": "bytes=5-10"})
    assert (one.status_code, one.content) == (206, SMALL[5:11])
    several = await client.get(f"{FILES}/a", headers={"Range": "bytes=0-0,-2"})
    assert several.status_code == 206
    assert [part.split(b"\r\n\r\n")[1].split(b"\r\n")[0] for part in several.content.split(b"\r\n--")[:2]] == [
        SMALL[:1],
        SMALL[-2:],
    ]
    assert (await client.get(f"{FILES}/a", headers={"Range": "bytes=20-"})).status_code == 416


async def test_it_is_sent_only_to_whom_it_is_new(client: httpx.AsyncClient) -> None:
    etag = (await put(client, "a")).headers["etag"]
    assert (await client.get(f"{FILES}/a", headers={"If-None-Match": etag})).status_code == 304
    assert (await client.get(f"{FILES}/a", headers={"If-Match": '"x"'})).status_code == 412
    digest = (await client.get(f"{FILES}/a")).headers["repr-digest"]
    assert digest == f"sha-256=:{b64encode(sha256(SMALL).digest()).decode()}:"


async def test_a_wrong_digest_or_length_stores_nothing(client: httpx.AsyncClient, database: FakeDatabase) -> None:
    wrong = f"sha-256=:{b64encode(bytes(32)).decode()}:"
    answer = await client.put(f"{FILES}/a", content=SMALL, headers={"Content-Digest": wrong})
    assert (answer.status_code, answer.json()["code"]) == (400, "digest_mismatch")
    assert (database.files, database.blobs) == ({}, {})


async def test_its_type_is_found_in_its_bytes(client: httpx.AsyncClient) -> None:
    assert (await put(client, "picture", b"\x89PNG\r\n\x1a\n")).json()["content_type"] == "image/png"


async def test_the_policy_of_the_bucket_and_conditions_hold(client: httpx.AsyncClient, database: FakeDatabase) -> None:
    await client.put("/v1/buckets/tight", json={"max_file_size": 3, "allowed_types": ["text/plain"], "quota_files": 1})
    url, text = "/v1/buckets/tight/files", {"Content-Type": "text/plain"}
    assert (await client.put(f"{url}/a", content=b"four", headers=text)).status_code == 413
    assert (await client.put(f"{url}/a", content=b"x", headers={"Content-Type": "image/png"})).status_code == 415
    assert (await client.put(f"{url}/a", content=b"abc", headers=text)).status_code == 201
    assert (await client.put(f"{url}/b", content=b"x", headers=text)).status_code == 507
    assert (await client.put(f"{url}/a", content=b"x", headers={**text, "If-None-Match": "*"})).status_code == 412
    assert (await client.put(f"{url}/a", content=b"y", headers={**text, "If-Match": "*"})).status_code == 200
    assert (await client.put("/v1/buckets/none/files/a", content=b"x")).status_code == 404
    assert sum(row.state == "live" for row in database.blobs.values()) == 1


async def test_a_reader_who_asks_for_a_redirect_gets_it_at_once(client: httpx.AsyncClient) -> None:
    id_ = (await put(client, "a")).json()["id"]
    for url in (f"{FILES}/a", f"/v1/files/{id_}/content"):
        answer = await client.get(url, params={"redirect": "true"})
        assert (answer.status_code, answer.content) == (200, SMALL)


async def test_it_is_in_archives_even_where_it_is_deleted_meanwhile(
    client: httpx.AsyncClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {"a": SMALL, "b": LARGE, "c": b"", "d": b"last"}
    ids = [(await put(client, f"zip/{name}", content)).json()["id"] for name, content in contents.items()]
    records = service.catalog.blob_records
    get_contents = records.get_contents

    async def delete_before(keys: Sequence[str]) -> dict[str, bytes]:
        for id_ in ids:
            await service.catalog.files.delete_file(ROOT, UUID(id_), NO_PRECONDITION)
        ids.clear()
        return await get_contents(keys)

    monkeypatch.setattr(records, "get_contents", delete_before)
    answer = await client.get("/v1/archive", params={"bucket": "default", "prefix": "zip/"})
    assert answer.status_code == 200, answer.text
    assert ids == []
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {name.removeprefix("zip/"): archive.read(name) for name in archive.namelist()} == contents


async def test_a_link_serves_it(client: httpx.AsyncClient) -> None:
    id_ = (await put(client, "a")).json()["id"]
    link = (await client.post(f"/v1/files/{id_}/links", json={})).json()
    path = httpx.URL(link["url"]).path
    assert (await client.get(path)).content == SMALL
    assert (await client.head(path)).headers["content-length"] == str(len(SMALL))


@pytest.mark.parametrize("content", [b"", SMALL, LARGE])
async def test_a_resumable_upload_ends_as_any(
    client: httpx.AsyncClient, database: FakeDatabase, content: bytes
) -> None:
    headers = {**TUS, "Upload-Metadata": encoded(filename="a"), "Upload-Length": str(len(content))}
    begun = await client.post(UPLOADS, headers=headers)
    path = httpx.URL(begun.headers["location"]).path
    if content:
        answer = await client.patch(path, content=content, headers={**BYTES, "Upload-Offset": "0"})
        assert answer.status_code == 204, answer.text
    assert (await client.get(f"{FILES}/a")).content == content
    live = [key for key, row in database.blobs.items() if row.state == "live"]
    assert [is_inline(key) for key in live] == [len(content) <= LIMIT]
    assert (await client.head(path, headers=TUS)).headers["upload-offset"] == str(len(content))
