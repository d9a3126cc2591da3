"""Storing files over HTTP."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.database import FakeDatabase

FILES = "/v1/buckets/default/files"


async def test_a_raw_body_becomes_a_file(client: httpx.AsyncClient) -> None:
    answer = await client.put(f"{FILES}/photos/sun.jpg", content=b"bytes of a photo")
    assert answer.status_code == 201
    file = answer.json()
    assert answer.headers["location"] == f"/v1/files/{file['id']}"
    assert answer.headers["etag"] == file["etag"]
    assert file == {
        "id": file["id"],
        "bucket": "default",
        "name": "photos/sun.jpg",
        "content_type": "image/jpeg",
        "size": 16,
        "sha256": hashlib.sha256(b"bytes of a photo").hexdigest(),
        "etag": file["etag"],
        "metadata": {},
        "tags": [],
        "revision": 1,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "expires_at": None,
    }


async def test_a_second_body_replaces_the_bytes_and_keeps_the_rest(client: httpx.AsyncClient) -> None:
    first = (await client.put(f"{FILES}/a", content=b"1", headers={"Content-Type": "text/plain"})).json()
    await client.patch(f"/v1/files/{first['id']}", json={"metadata": {"k": 1}, "tags": ["t"]})
    answer = await client.put(f"{FILES}/a", content=b"22", headers={"Content-Type": "Text/HTML"})
    assert answer.status_code == 200
    second = answer.json()
    assert (second["id"], second["revision"], second["size"]) == (first["id"], 3, 2)
    assert (second["content_type"], second["metadata"], second["tags"]) == ("text/html", {"k": 1}, ["t"])
    assert (await client.get(f"{FILES}/a")).content == b"22"


async def test_a_chunked_body_of_unknown_length_is_stored(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 1000

    answer = await client.put(f"{FILES}/a", content=chunks())
    assert answer.json()["size"] == 10_000


async def test_an_empty_body_is_a_file(client: httpx.AsyncClient) -> None:
    answer = await client.put(f"{FILES}/empty", content=b"")
    assert (answer.status_code, answer.json()["size"]) == (201, 0)
    read = await client.get(f"{FILES}/empty")
    assert (read.status_code, read.content, read.headers["content-length"]) == (200, b"", "0")


@pytest.mark.parametrize("name", ["Привет/мир 1.txt", "a%b?c#d;e=f&g+h", "e\u0301", "🎵", "...", "a\\b", "file"])
async def test_any_unicode_name_comes_back_as_given(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.put(f"{FILES}/{quote(name, safe='/')}", content=name.encode())
    assert answer.json()["name"] == name
    assert (await client.get(f"{FILES}/{quote(name)}")).content == name.encode()


@pytest.mark.parametrize("name", ["a//b", "a/", "%2Fa", "a%00b", "a/%2E%2E/b", "%0A", "%FF", "x" * 1025])
async def test_a_name_that_breaks_a_rule_is_refused(
    client: httpx.AsyncClient, database: FakeDatabase, name: str
) -> None:
    answer = await client.put(f"{FILES}/{name}", content=b"x")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_name")
    assert not database.blobs


@pytest.mark.parametrize(
    ("policy", "headers", "status", "code"),
    [
        ({"max_file_size": 3}, {}, 413, "file_too_large"),
        ({"quota_bytes": 3}, {}, 507, "quota_exceeded"),
        ({"allowed_types": ["image/*"]}, {"Content-Type": "text/plain"}, 415, "type_not_allowed"),
        ({}, {"Content-Type": "nonsense"}, 400, "invalid_content_type"),
        ({}, {"If-Match": '"x"'}, 412, "precondition_failed"),
        ({}, {"If-None-Match": "nonsense"}, 400, "invalid_condition"),
    ],
)
async def test_a_refused_upload_stores_nothing(
    client: httpx.AsyncClient,
    blobs: FakeBlobStore,
    policy: dict[str, Any],
    headers: dict[str, str],
    status: int,
    code: str,
) -> None:
    await client.put("/v1/buckets/strict", json=policy)
    answer = await client.put("/v1/buckets/strict/files/a", content=b"four", headers=headers)
    assert not blobs.unfinished
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get("/v1/buckets/strict/files/a")).status_code == 404
    assert (await client.get("/v1/buckets/strict")).json()["usage"] == {"bytes": 0, "files": 0}


@pytest.mark.parametrize(
    ("header", "value", "status"), [("Content-Range", "bytes 5-9/10", 400), ("Content-Encoding", "gzip", 415)]
)
async def test_a_partial_or_encoded_body_never_replaces_a_file(
    client: httpx.AsyncClient, header: str, value: str, status: int
) -> None:
    await client.put(f"{FILES}/a", content=b"0123456789")
    answer = await client.put(f"{FILES}/a", content=b"56789", headers={header: value})
    assert answer.status_code == status
    assert (await client.get(f"{FILES}/a")).content == b"0123456789"


@pytest.mark.parametrize(
    "path", ["/v1/%62uckets/default/files/v1/buckets/zzz/files/a", "/v1/buckets/default//files/v1/buckets/x/files/a"]
)
async def test_a_name_is_never_read_from_another_place_of_the_path(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.put(path, content=b"x")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_name")


async def test_a_bucket_that_does_not_exist_takes_no_file(client: httpx.AsyncClient) -> None:
    answer = await client.put("/v1/buckets/nowhere/files/a", content=b"x")
    assert (answer.status_code, answer.json()["code"]) == (404, "bucket_not_found")


@pytest.mark.parametrize(("bucket", "connection"), [("default", None), ("nowhere", "close")])
async def test_only_an_answer_before_the_bodys_end_says_that_the_connection_closes(
    client: httpx.AsyncClient, bucket: str, connection: str | None
) -> None:
    answer = await client.put(f"/v1/buckets/{bucket}/files/a", content=b"x")
    assert answer.headers.get("connection") == connection


async def test_only_a_new_file_is_stored_where_that_is_asked(client: httpx.AsyncClient) -> None:
    only_new = {"If-None-Match": "*"}
    assert (await client.put(f"{FILES}/a", content=b"1", headers=only_new)).status_code == 201
    assert (await client.put(f"{FILES}/a", content=b"2", headers=only_new)).status_code == 412
    assert (await client.get(f"{FILES}/a")).content == b"1"


async def test_a_body_of_unsaid_length_replaces_nothing(client: httpx.AsyncClient) -> None:
    await client.put(f"{FILES}/a", content=b"kept")
    request = client.build_request("PUT", f"{FILES}/a")
    del request.headers["content-length"]
    answer = await client.send(request)
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")
    assert (await client.get(f"{FILES}/a")).content == b"kept"


async def test_a_wrong_content_length_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.put(f"{FILES}/a", content=b"x", headers={"Content-Length": "-1"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


async def test_a_form_becomes_a_file(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        FILES,
        data={"name": "songs/été.mp3", "metadata": '{"artist": "Queen"}', "tags": ["rock", "1970s"]},
        files={"file": ("ignored.bin", b"la la la", "audio/mpeg")},
    )
    assert answer.status_code == 201
    file = answer.json()
    assert (file["name"], file["content_type"], file["size"]) == ("songs/été.mp3", "audio/mpeg", 8)
    assert (file["metadata"], file["tags"]) == ({"artist": "Queen"}, ["rock", "1970s"])
    assert (await client.get(f"/v1/files/{file['id']}/content")).content == b"la la la"


async def test_a_form_without_a_name_takes_the_files_own(client: httpx.AsyncClient) -> None:
    answer = await client.post(FILES, files={"file": ("Grüße.txt", b"x")})
    assert (answer.json()["name"], answer.json()["content_type"]) == ("Grüße.txt", "text/plain")


@pytest.mark.parametrize(
    ("given", "tags"), [("a, b,,a", ["a", "b"]), ('["a, no", "b"]', None), ('["a", "b"]', ["a", "b"])]
)
async def test_tags_come_as_a_list_or_as_json(client: httpx.AsyncClient, given: str, tags: list[str] | None) -> None:
    answer = await client.post(FILES, data={"tags": given}, files={"file": ("a", b"x")})
    if tags is None:
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_tags")
    else:
        assert answer.json()["tags"] == tags


def form(*parts: tuple[str, bytes], end: bytes = b"--b--\r\n") -> bytes:
    return (
        b"".join(b"--b\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (p[0].encode(), p[1]) for p in parts)
        + end
    )


FILE = ('name="file"; filename="a"', b"x" * 5000)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (form(), "invalid_form"),
        (form(('name="name"', b"a")), "invalid_form"),
        (form(FILE, end=b""), "invalid_form"),
        (form(FILE, ('name="tags"', b"late")), "invalid_form"),
        (form(FILE, FILE), "invalid_form"),
        (form(('name="surprise"', b"x"), FILE), "invalid_form"),
        (form(('name="name"', b"a"), ('name="name"', b"b"), FILE), "invalid_form"),
        (form(('name="name"', b"\xff"), FILE), "invalid_form"),
        (form(('name="metadata"', b"x" * 200_000), FILE), "invalid_form"),
        (form(*[('name="tags"', b"")] * 200, FILE), "invalid_form"),
        (form(('name="file"', b"no name")), "invalid_form"),
        (form(('name="metadata"', b"{"), FILE), "invalid_metadata"),
        (form(('name="metadata"', b"[" * 100_000), FILE), "invalid_metadata"),
        (form(('name="metadata"', b"[]"), FILE), "invalid_metadata"),
        (form(('name="metadata"', b"null"), FILE), "invalid_metadata"),
        (form(('name="tags"', b"[1]"), FILE), "invalid_tags"),
        (form(('name="name"', b"a//b"), FILE), "invalid_name"),
        (b"nonsense", "invalid_form"),
        (b"", "invalid_form"),
    ],
)
async def test_a_malformed_form_stores_nothing(
    client: httpx.AsyncClient, blobs: FakeBlobStore, body: bytes, code: str
) -> None:
    answer = await client.post(FILES, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not blobs.stored
    assert not blobs.unfinished
    assert (await client.get("/v1/files?total=true")).json()["total"] == 0


@pytest.mark.parametrize(
    ("parts", "code", "detail"),
    [
        ([('name="name"', b"a"), ('name="name"', b"b")], "invalid_form", "The field 'name' stands more than once."),
        ([('name="x"', b"a")], "invalid_form", "The form has an unknown field 'x'."),
        ([('name="tags"', b"a")] * 65, "invalid_tags", "A file has at most 64 tags."),
        ([('name="tags"', b"a,b,") for _ in range(33)], "invalid_tags", "A file has at most 64 tags."),
        ([('name="tags"', b'["a"' + b',"b"' * 64 + b"]")], "invalid_tags", "A file has at most 64 tags."),
        ([('name="tags"', b"," * 131_072)] * 9, "invalid_form", "The fields of the form are larger than 1048576 bytes"),
    ],
)
async def test_a_form_is_refused_as_soon_as_a_field_is_too_much(
    client: httpx.AsyncClient, parts: list[tuple[str, bytes]], code: str, detail: str
) -> None:
    # The form breaks off behind the field, which would be refused, too.
    body = form(*parts, end=b"--b\r\n")
    answer = await client.post(FILES, content=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["detail"].startswith(detail)


async def test_sixty_four_tags_of_a_form_are_kept(client: httpx.AsyncClient) -> None:
    parts = [('name="tags"', b",%d, " % number) for number in range(60)] + [('name="tags"', b'["a","b","c","d"]')]
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await client.post(FILES, content=form(*parts, FILE), headers=headers)
    assert answer.json()["tags"] == [*map(str, range(60)), *"abcd"]


async def test_a_form_in_small_pieces_and_with_an_epilogue_is_understood(client: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        body = b"preamble\r\n" + form(('name="tags"', b"t"), FILE) + b"epilogue"
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    answer = await client.post(FILES, content=pieces(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, answer.json()["size"], answer.json()["tags"]) == (201, 5000, ["t"])


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data", "multipart/form-data; boundary=é", ""])
async def test_a_malformed_form_is_refused(client: httpx.AsyncClient, content_type: str) -> None:
    answer = await client.post(FILES, content=form(FILE), headers={b"Content-Type": content_type.encode()})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_form")
