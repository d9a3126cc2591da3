"""Reading files over HTTP."""

import httpx
import pytest
from litestar.exceptions import LitestarException

from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.database import FakeDatabase
from tests.support.clients import said_of_content

FILES = "/v1/buckets/default/files"


async def test_the_bytes_come_back_by_name_and_by_id_with_their_headers(client: httpx.AsyncClient) -> None:
    bytes_ = bytes(range(256)) * 2000
    file = (await client.put(f"{FILES}/a.bin", content=bytes_, headers={"Content-Type": "a/b; c=d"})).json()
    for url in (f"{FILES}/a.bin", f"/v1/files/{file['id']}/content"):
        answer = await client.get(url)
        assert answer.status_code == 200
        assert answer.content == bytes_
        assert answer.headers["content-type"] == "a/b; c=d"
        assert answer.headers["content-length"] == str(len(bytes_))
        assert answer.headers["etag"] == file["etag"]
        assert answer.headers["last-modified"] == "Thu, 01 Jan 2026 00:00:00 GMT"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_head_answers_as_get_does_without_the_bytes(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    file = (await client.put(f"{FILES}/a.txt", content=b"text")).json()
    for url in (f"{FILES}/a.txt", f"/v1/files/{file['id']}/content", f"/v1/files/{file['id']}", "/v1/files"):
        get = await client.get(url)
        head = await client.head(url)
        assert (head.status_code, head.content) == (200, b"")
        assert said_of_content(head) == said_of_content(get)


async def test_a_large_file_is_streamed_to_its_end(client: httpx.AsyncClient) -> None:
    bytes_ = b"0123456789abcdef" * (3 * 65_536)
    await client.put(f"{FILES}/large", content=bytes_)
    assert (await client.get(f"{FILES}/large")).content == bytes_


@pytest.mark.parametrize(
    "path",
    [
        f"{FILES}/nope",
        "/v1/buckets/nowhere/files/a",
        "/v1/files/01a1fbb5-4e86-72b2-97d2-883554c0939d",
        "/v1/files/01a1fbb5-4e86-72b2-97d2-883554c0939d/content",
        "/v1/files/01a1fbb5-4e86-72b2-97d2-883554c0939d/text",
    ],
)
async def test_a_file_that_does_not_exist_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")


async def test_missing_bytes_are_a_clear_error_before_the_first_header(
    client: httpx.AsyncClient, blobs: FakeBlobStore
) -> None:
    await client.put(f"{FILES}/a", content=b"x")
    blobs.stored.clear()
    answer = await client.get(f"{FILES}/a")
    assert (answer.status_code, answer.json()["code"]) == (500, "blob_missing")


async def test_a_store_that_is_down_is_503_for_bytes_and_nothing_for_records(
    client: httpx.AsyncClient, blobs: FakeBlobStore
) -> None:
    file = (await client.put(f"{FILES}/a", content=b"x")).json()
    blobs.fail_with = BLOB_STORE_DOWN
    answer = await client.get(f"{FILES}/a")
    assert (answer.status_code, answer.json()["code"]) == (503, "blob_store_unavailable")
    assert answer.headers["retry-after"] == "2"
    assert (await client.get(f"/v1/files/{file['id']}")).status_code == 200


@pytest.mark.parametrize("size", [100, 2_000_000])
async def test_a_store_that_fails_midway_never_ends_the_body_cleanly(
    client: httpx.AsyncClient, blobs: FakeBlobStore, size: int
) -> None:
    await client.put(f"{FILES}/a", content=b"x" * size)
    blobs.fail_after_chunks = 0 if size == 100 else 3
    with pytest.raises(LitestarException, match="after response started"):  # so the server cuts the connection
        await client.get(f"{FILES}/a")


async def test_bytes_that_are_not_whole_never_end_the_body_cleanly(
    client: httpx.AsyncClient, blobs: FakeBlobStore
) -> None:
    file = (await client.put(f"{FILES}/a", content=b"whole")).json()
    for key in blobs.stored:
        blobs.stored[key] = b"wh"
    with pytest.raises(LitestarException, match="after response started"):
        await client.get(f"{FILES}/a")
    text = await client.get(f"/v1/files/{file['id']}/text")
    assert (text.status_code, text.json()["code"]) == (500, "blob_missing")


async def test_bytes_that_are_too_many_are_not_sent_as_the_file(
    client: httpx.AsyncClient, blobs: FakeBlobStore
) -> None:
    file = (await client.put(f"{FILES}/a", content=b"whole")).json()
    for key in blobs.stored:
        blobs.stored[key] = b"whole and more"
    with pytest.raises(LitestarException, match="after response started"):
        await client.get(f"{FILES}/a")
    text = await client.get(f"/v1/files/{file['id']}/text")
    assert (text.status_code, text.json()["code"]) == (500, "blob_missing")


@pytest.mark.parametrize(
    ("bytes_", "content_type", "text"),
    [
        ("Grüße".encode(), "text/plain", "Grüße"),
        ("Grüße".encode("latin-1"), "text/plain; charset=iso-8859-1", "Grüße"),
        ("Привет".encode("utf-16"), 'text/plain; charset="UTF-16"', "Привет"),
        ("Привет".encode("utf-16-le"), "text/plain; charset=utf-16", "Привет"),
        ("Привет".encode("utf-16"), "text/plain", "Привет"),
        (b"\xfe\xff" + "Привет".encode("utf-16-be"), "text/plain; charset=utf-8", "Привет"),
        ("Grüße".encode("utf-8-sig"), "text/csv; charset=iso-8859-1", "Grüße"),
        ("①".encode("cp932"), "text/plain; charset=shift_jis", "①"),
        ("你好".encode("gbk"), "text/plain; charset=gb2312", "你好"),
        (b"\xef\xbb\xbf", "text/plain", ""),
        (b'{"a": 1}', "application/json", '{"a": 1}'),
        (b"", "text/plain", ""),
        ("é".encode() * 100_000, "text/plain", "é" * 100_000),
    ],
)
async def test_text_is_decoded_by_its_charset(
    client: httpx.AsyncClient, bytes_: bytes, content_type: str, text: str
) -> None:
    file = (await client.put(f"{FILES}/a", content=b"" + bytes_, headers={"Content-Type": content_type})).json()
    answer = await client.get(f"/v1/files/{file['id']}/text")
    assert (answer.status_code, answer.content.decode()) == (200, text)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("bytes_", "content_type"),
    [
        (b"\xff\xfe\x00", "text/plain"),
        (b"a\x00b", "text/plain"),
        (b"ok" * 100_000 + b"\xff", "text/plain"),
        ("é".encode()[:1], "text/plain"),
        (b"x", "text/plain; charset=zlib"),
        (b"\xfe\xffa", "text/plain"),
        (b"x", "text/plain; charset=iso-2022-kr"),
        ("no mark".encode("utf-32-be"), "text/plain; charset=utf-32"),
    ],
)
async def test_a_file_that_is_not_text_is_415(client: httpx.AsyncClient, bytes_: bytes, content_type: str) -> None:
    file = (await client.put(f"{FILES}/a", content=bytes_, headers={"Content-Type": content_type})).json()
    answer = await client.get(f"/v1/files/{file['id']}/text")
    assert (answer.status_code, answer.json()["code"]) == (415, "not_text")


async def test_an_expired_file_is_gone(client: httpx.AsyncClient, database: FakeDatabase) -> None:
    await client.put("/v1/buckets/brief", json={"default_ttl": 60})
    file = (await client.put("/v1/buckets/brief/files/a", content=b"x")).json()
    assert file["expires_at"] == "2026-01-01T00:01:00Z"
    database.clock.advance(60)
    assert (await client.get("/v1/buckets/brief/files/a")).status_code == 404
    assert (await client.get(f"/v1/files/{file['id']}")).status_code == 404
    assert (await client.get("/v1/files?total=true")).json()["total"] == 0
    assert (await client.put("/v1/buckets/brief/files/a", content=b"y")).status_code == 201


async def test_text_has_a_largest_size_and_the_response_says_how_to_go_on(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.files.content.read_text.MAX_TEXT_BYTES", 4)
    small = (await client.put(f"{FILES}/small", content=b"text")).json()
    large = (await client.put(f"{FILES}/large", content=b"texts")).json()
    assert (await client.get(f"/v1/files/{small['id']}/text")).content == b"text"
    for method in ("GET", "HEAD"):
        assert (await client.request(method, f"/v1/files/{large['id']}/text")).status_code == 413
    answer = await client.get(f"/v1/files/{large['id']}/text")
    assert answer.json()["code"] == "text_too_large"
    assert "content" in answer.json()["detail"]


async def test_head_of_a_text_answers_as_get_would(client: httpx.AsyncClient) -> None:
    text = (await client.put(f"{FILES}/text", content=b"text")).json()
    binary = (await client.put(f"{FILES}/binary", content=b"\xff")).json()
    head = await client.head(f"/v1/files/{text['id']}/text")
    assert (head.status_code, head.content) == (200, b"")
    assert (await client.head(f"/v1/files/{binary['id']}/text")).status_code == 415


@pytest.mark.parametrize(("given", "asked"), [("é.txt", "e\u0301.txt"), ("e\u0301.txt", "é.txt")])
async def test_a_file_is_read_and_deleted_by_the_other_form_of_its_name(
    client: httpx.AsyncClient, given: str, asked: str
) -> None:
    stored = (await client.put(f"/v1/buckets/default/files/{given}", content=b"1")).json()
    assert (await client.get(f"/v1/buckets/default/files/{asked}")).content == b"1"
    assert (await client.put(f"/v1/buckets/default/files/{asked}", content=b"2")).status_code == 201
    assert (await client.get(f"/v1/buckets/default/files/{asked}")).content == b"2"
    listed = await client.get("/v1/files", params={"name": asked})
    assert {file["name"] for file in listed.json()["items"]} == {given, asked}
    for _ in range(2):
        assert (await client.delete(f"/v1/buckets/default/files/{asked}")).status_code == 204
    assert (await client.get(f"/v1/files/{stored['id']}")).status_code == 404
