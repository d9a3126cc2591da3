"""Uploads that are put together from parts."""

from uuid import UUID

import httpx
import pytest
from msgspec.structs import replace

from domain.blobs.errors import BlobMissingError
from tests.fakes.blobs.partial_blobs import FakePartialBlobs
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.database import FakeDatabase
from tests.support.tus import BYTES, TUS, UPLOADS, encoded
from tests.unit.uploads.requests import add, begin, stored


async def part(client: httpx.AsyncClient, data: bytes, *, sent: bytes | None = None) -> str:
    url = await begin(client, len(data), **{"Upload-Concat": "partial"})
    await add(client, url, 0, data if sent is None else sent)
    return url


async def join(client: httpx.AsyncClient, *parts: str, **headers: str) -> httpx.Response:
    return await client.post(UPLOADS, headers={**TUS, "Upload-Concat": f"final;{' '.join(parts)}", **headers})


async def test_parts_are_put_together_in_the_order_that_is_said(client: httpx.AsyncClient) -> None:
    first, second = await part(client, b"abc"), await part(client, b"defg")
    found = await client.head(first, headers=TUS)
    assert (found.headers["upload-concat"], found.headers["upload-offset"]) == ("partial", "3")
    assert "fileport-file-id" not in found.headers
    # A URL may be whole, or a path alone.
    paths = [second, httpx.URL(first).path]
    answer = await join(client, *paths, **{"Upload-Metadata": encoded(filename="whole.txt")})
    assert answer.status_code == 201
    file, content = await stored(client, answer)
    assert (file["name"], file["content_type"], content) == ("whole.txt", "text/plain", b"defgabc")
    found = await client.head(answer.headers["location"], headers=TUS)
    assert (found.headers["upload-offset"], found.headers["upload-length"]) == ("7", "7")
    assert found.headers["upload-concat"] == f"final;{second} {httpx.URL(first).path}"
    assert (await client.get("/v1/files")).json()["items"] == [file]


async def test_a_proxy_may_name_parts_otherwise(client: httpx.AsyncClient) -> None:
    ids = [(await part(client, data)).rpartition("/")[2] for data in (b"abc", b"de", b"f", b"g")]
    urls = [f"https://h.example/files/{ids[0]}", f"/storage/tus/{ids[1]}?x=/y", ids[2], f"//h/{ids[3]}"]
    answer = await join(client, *urls)
    assert answer.status_code == 201
    assert (await stored(client, answer))[1] == b"abcdefg"


async def test_parts_may_be_put_together_before_they_are_complete(client: httpx.AsyncClient) -> None:
    first, second = await part(client, b"abc"), await part(client, b"defg", sent=b"de")
    begun = await join(client, first, second)
    assert begun.status_code == 201
    assert "upload-offset" not in begun.headers
    final = begun.headers["location"]
    found = await client.head(final, headers=TUS)
    assert (found.status_code, found.headers["upload-length"]) == (200, "7")
    assert "upload-offset" not in found.headers
    await add(client, second, 2, b"fg")
    found = await client.head(final, headers=TUS)
    assert found.headers["upload-offset"] == "7"
    assert (await stored(client, found))[1] == b"abcdefg"


@pytest.mark.parametrize("form", ["final;{0} {1}", "final; {0}  {1}", "final;{2} {3}", "final;{3} {0} {2}"])
async def test_what_was_sent_of_a_concatenation_is_given_back(client: httpx.AsyncClient, form: str) -> None:
    first, second = await part(client, b"abc"), await part(client, b"defg", sent=b"de")
    value = form.format(first, second, httpx.URL(first).path, httpx.URL(second).path)
    begun = await client.post(UPLOADS, headers={**TUS, "Upload-Concat": value})
    final = begun.headers["location"]
    found = await client.head(final, headers=TUS)
    assert found.headers["upload-concat"] == value
    assert "upload-offset" not in found.headers
    await add(client, second, 2, b"fg")
    found = await client.head(final, headers=TUS)
    assert found.headers["upload-concat"] == value
    assert found.headers["upload-offset"] == found.headers["upload-length"]


async def test_of_an_upload_of_a_former_release_the_parts_are_told(
    client: httpx.AsyncClient, catalog: FakeCatalog
) -> None:
    first = await part(client, b"abc", sent=b"a")
    final = (await join(client, first)).headers["location"]
    row = catalog.database.uploads[UUID(final.rpartition("/")[2])]
    row.upload = replace(row.upload, concat="")
    found = await client.head(final, headers=TUS)
    assert found.headers["upload-concat"] == f"final;{httpx.URL(first).path}"


async def test_a_repeat_may_name_the_parts_by_other_urls(client: httpx.AsyncClient) -> None:
    first = await part(client, b"abc")
    once, again = [await join(client, url, **{"Idempotency-Key": "k"}) for url in (first, httpx.URL(first).path)]
    assert (once.status_code, again.status_code) == (201, 201)
    assert once.headers["location"] == again.headers["location"]


async def test_a_final_upload_has_no_length_while_a_part_has_none(client: httpx.AsyncClient) -> None:
    unknown = await begin(client, None, **{"Upload-Concat": "partial"})
    final = (await join(client, unknown)).headers["location"]
    found = await client.head(final, headers=TUS)
    assert "upload-length" not in found.headers
    assert "upload-defer-length" not in found.headers
    await add(client, unknown, 0, b"abc", **{"Upload-Length": "3"})
    assert (await stored(client, await client.head(final, headers=TUS)))[1] == b"abc"


async def test_a_final_upload_takes_no_bytes(client: httpx.AsyncClient) -> None:
    final = (await join(client, await part(client, b"abc", sent=b"a"))).headers["location"]
    answer = await add(client, final, 0, b"x")
    assert (answer.status_code, answer.json()["code"]) == (403, "upload_is_final")


async def test_a_final_upload_is_of_partial_ones_that_exist(client: httpx.AsyncClient, database: FakeDatabase) -> None:
    whole, sound = await begin(client, 3), await part(client, b"abc")
    uploads = len(database.uploads)
    for urls in (
        [],
        [whole],
        [sound, f"{UPLOADS}/019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27"],
        ["/elsewhere"],
        [f"{sound}/"],
        [f"{sound}/more"],
        [f"{UPLOADS}/x"],
    ):
        answer = await join(client, *urls)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_upload")
    assert (await join(client, sound, **{"Upload-Length": "3"})).status_code == 400
    bytes_ = await client.post(UPLOADS, content=b"x", headers={**BYTES, "Upload-Concat": f"final;{sound}"})
    assert (bytes_.status_code, bytes_.json()["code"]) == (400, "invalid_upload")
    assert len(database.uploads) == uploads


async def test_a_final_upload_keeps_to_its_bucket_s_policy(client: httpx.AsyncClient, catalog: FakeCatalog) -> None:
    await client.put("/v1/buckets/b", json={"max_file_size": 5})
    parts = [await part(client, b"abc"), await part(client, b"def")]
    answer = await join(client, *parts, **{"Upload-Metadata": encoded(bucket="b")})
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


async def test_a_final_upload_whose_part_was_ended_says_so(client: httpx.AsyncClient) -> None:
    first, second = await part(client, b"abc"), await part(client, b"def", sent=b"d")
    final = (await join(client, first, second)).headers["location"]
    await client.delete(second, headers=TUS)
    assert (await client.head(final, headers=TUS)).status_code == 410


async def test_bytes_of_a_part_that_are_missing_are_a_broken_promise_unless_the_part_was_ended(
    client: httpx.AsyncClient, database: FakeDatabase, blobs: FakeBlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await part(client, b"abc")
    blobs.stored.clear()
    answer = await join(client, first)
    assert (answer.status_code, answer.json()["code"]) == (500, "blob_missing")
    ended = await part(client, b"abc")

    async def end_meanwhile(*_: object) -> None:
        del database.uploads[UUID(ended.rpartition("/")[2])]
        raise BlobMissingError("The bytes are not in the store.")

    monkeypatch.setattr(FakePartialBlobs, "concatenate", end_meanwhile)
    answer = await join(client, ended)
    assert (answer.status_code, answer.json()["code"]) == (410, "upload_expired")
