"""Archives over HTTP."""

import io
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import unquote
from uuid import UUID

import httpx
import pytest
from litestar.exceptions import LitestarException
from prometheus_client import REGISTRY

from domain.values.ranges import ByteRange
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.database import FakeDatabase
from tests.support.clients import client_of, said_of_content
from tests.support.fake_service import open_service

FILES = "/v1/buckets/default/files"
ARCHIVE = "/v1/archive?bucket=default"
NOBODY = "01a1fbb5-4e86-72b2-97d2-883554c0939d"

CONTENTS = {
    "empty": b"",
    "large": bytes(range(256)) * 2000,
    "p/1.txt": b"one",
    "p/2.txt": b"two" * 20_000,
    "p/Grüße/日本.txt": b"three",
    "q": b"four",
}


async def store(client: httpx.AsyncClient, contents: Mapping[str, bytes], files: str = FILES) -> dict[str, str]:
    """Store the files, and return their ids."""
    answers = {name: await client.put(f"{files}/{name}", content=bytes_) for name, bytes_ in contents.items()}
    return {name: answer.json()["id"] for name, answer in answers.items()}


def unpacked(answer: httpx.Response) -> dict[str, bytes]:
    """Return the files in the archive that is the response, whose length is the declared one."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-length"] == str(len(answer.content))
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return {name: archive.read(name) for name in archive.namelist()}


async def test_a_bucket_comes_as_one_archive_in_the_order_of_names(client: httpx.AsyncClient) -> None:
    await client.put("/v1/buckets/other", json={})
    await store(client, {"p/other": b"x"}, "/v1/buckets/other/files")
    await store(client, dict(reversed(CONTENTS.items())))
    found = unpacked(await client.get(ARCHIVE))
    assert found == CONTENTS
    assert list(found) == list(CONTENTS)


async def test_a_prefix_chooses_among_a_buckets_files(client: httpx.AsyncClient) -> None:
    await store(client, CONTENTS)
    found = unpacked(await client.get(ARCHIVE, params={"bucket": "default", "prefix": "p/"}))
    assert found == {name: bytes_ for name, bytes_ in CONTENTS.items() if name.startswith("p/")}
    assert unpacked(await client.get(f"{ARCHIVE}&prefix=")) == CONTENTS


async def test_chosen_files_come_in_the_order_that_was_asked_for(client: httpx.AsyncClient) -> None:
    ids = await store(client, CONTENTS)
    answer = await client.post("/v1/archive", json={"ids": [ids["q"], ids["p/1.txt"], ids["q"], ids["empty"]]})
    assert list(unpacked(answer).items()) == [("q", b"four"), ("p/1.txt", b"one"), ("empty", b"")]


async def test_files_of_several_buckets_stand_under_their_buckets(client: httpx.AsyncClient) -> None:
    await client.put("/v1/buckets/other", json={})
    first = await store(client, {"a": b"1"})
    second = await store(client, {"a": b"2"}, "/v1/buckets/other/files")
    answer = await client.post("/v1/archive", json={"ids": [first["a"], second["a"]]})
    assert unpacked(answer) == {"default/a": b"1", "other/a": b"2"}


@pytest.mark.parametrize(
    ("query", "saved"),
    [
        ("", "default.zip"),
        ("&prefix=p/", "p.zip"),
        ("&prefix=p/Gr", "Gr.zip"),
        ("&prefix=p/Grüße/", "Grüße.zip"),
    ],
)
async def test_it_is_to_be_saved_under_the_name_asked_for(client: httpx.AsyncClient, query: str, saved: str) -> None:
    await store(client, CONTENTS)
    told = (await client.head(f"{ARCHIVE}{query}")).headers["content-disposition"]
    assert told.startswith("attachment; ")
    plain, _, exact = told.removeprefix("attachment; ").partition("; filename*=UTF-8''")
    assert (unquote(exact) or plain.removeprefix("filename=").strip('"')) == saved


@pytest.mark.parametrize(
    ("asked", "saved"),
    [({}, "files.zip"), ({"name": "my pictures"}, "my pictures.zip"), ({"name": "a/B.ZIP"}, "B.ZIP")],
)
async def test_chosen_files_are_to_be_saved_under_the_name_that_was_asked_for(
    client: httpx.AsyncClient, asked: dict[str, str], saved: str
) -> None:
    ids = await store(client, {"a": b"1"})
    answer = await client.post("/v1/archive", json={"ids": [ids["a"]], **asked})
    assert f'attachment; filename="{saved}"' in answer.headers["content-disposition"]


async def test_an_archive_has_the_guards_of_files(client: httpx.AsyncClient) -> None:
    ids = await store(client, {"a": b"1"})
    chosen = await client.post("/v1/archive", json={"ids": list(ids.values())}, headers={"Range": "bytes=0-1"})
    assert unpacked(chosen) == {"a": b"1"}
    for answer, ranges in ((await client.get(ARCHIVE), "bytes"), (chosen, "none")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["accept-ranges"] == ranges


async def test_caches_ask_each_time_and_may_not_keep_an_archive_by_ids(client: httpx.AsyncClient) -> None:
    ids = await store(client, {"a": b"1"})
    assert (await client.get(ARCHIVE)).headers["cache-control"] == "private, no-cache"
    chosen = await client.post("/v1/archive", json={"ids": list(ids.values())})
    assert chosen.headers["cache-control"] == "no-store"
    assert "etag" not in chosen.headers


async def test_head_answers_as_get_does_without_the_bytes(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    await store(client, CONTENTS)
    get = await client.get(ARCHIVE)
    blobs.fail_with = BLOB_STORE_DOWN  # which HEAD does not ask
    head = await client.head(ARCHIVE)
    assert (head.status_code, head.content) == (200, b"")
    assert said_of_content(head) == said_of_content(get)


async def test_the_same_revisions_are_the_same_archive_and_others_another(
    client: httpx.AsyncClient, database: FakeDatabase
) -> None:
    ids = await store(client, CONTENTS)
    first, again = await client.get(ARCHIVE), await client.get(ARCHIVE)
    assert first.content == again.content
    etags = {first.headers["etag"], again.headers["etag"]}
    assert len(etags) == 1
    database.clock.advance(10)
    for change in (
        client.patch(f"/v1/files/{ids['q']}", json={"name": "r"}),
        client.put(f"{FILES}/large", content=b"small"),
        client.put(f"{FILES}/new", content=b""),
        client.delete(f"/v1/files/{ids['empty']}"),
    ):
        await change
        etags.add((await client.get(ARCHIVE)).headers["etag"])
    assert len(etags) == 5


async def test_a_client_that_has_the_archive_already_is_not_sent_it_again(
    client: httpx.AsyncClient, blobs: FakeBlobStore
) -> None:
    await store(client, CONTENTS)
    etag = (await client.head(ARCHIVE)).headers["etag"]
    blobs.fail_with = BLOB_STORE_DOWN
    for method in ("GET", "HEAD"):
        for tags in (etag, f'"x", W/{etag}', "*"):
            answer = await client.request(method, ARCHIVE, headers={"If-None-Match": tags})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
            assert answer.headers["cache-control"] == "private, no-cache"
    blobs.fail_with = None
    assert (await client.get(ARCHIVE, headers={"If-None-Match": '"x"'})).status_code == 200


async def test_a_client_that_wants_another_archive_is_refused(client: httpx.AsyncClient) -> None:
    await store(client, CONTENTS)
    etag = (await client.head(ARCHIVE)).headers["etag"]
    for tags in (etag, "*"):
        assert (await client.get(ARCHIVE, headers={"If-Match": tags})).status_code == 200
    for tags in ('"x"', f"W/{etag}"):
        refused = await client.get(ARCHIVE, headers={"If-Match": tags})
        assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    unread = await client.get(ARCHIVE, headers={"If-Match": "x"})
    assert (unread.status_code, unread.json()["code"]) == (400, "invalid_condition")
    assert (await client.get(ARCHIVE, headers={"If-None-Match": etag.strip('"')})).status_code == 200


async def test_dates_do_not_count(client: httpx.AsyncClient) -> None:
    await store(client, CONTENTS)
    answer = await client.get(
        ARCHIVE,
        headers={
            "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT",
            "If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT",
        },
    )
    assert unpacked(answer) == CONTENTS
    assert "last-modified" not in answer.headers


async def test_any_part_of_an_archive_is_sent_alone(client: httpx.AsyncClient) -> None:
    await store(client, CONTENTS)
    whole = await client.get(ARCHIVE)
    size = len(whole.content)
    for first in (0, 1, 29, 30, 100, 5_000, 512_000, size // 2, size - 600, size - 22, size - 1):
        for last in {first, min(first + 99, size - 1), min(first + 70_000, size - 1), size - 1}:
            answer = await client.get(ARCHIVE, headers={"Range": f"bytes={first}-{last}"})
            assert (answer.status_code, answer.content) == (206, whole.content[first : last + 1])
            assert answer.headers["content-range"] == f"bytes {first}-{last}/{size}"
            assert answer.headers["content-length"] == str(last + 1 - first)
            for name in ("etag", "content-type", "content-disposition", "cache-control", "accept-ranges"):
                assert answer.headers[name] == whole.headers[name]
    suffix = await client.get(ARCHIVE, headers={"Range": "bytes=-22"})
    assert suffix.content == whole.content[-22:]
    several = await client.get(ARCHIVE, headers={"Range": "bytes=0-3,-4"})
    assert several.headers["content-type"].startswith("multipart/byteranges; boundary=")
    assert several.headers["content-length"] == str(len(several.content))
    boundary = several.headers["content-type"].partition("=")[2].encode()
    parts = [each.partition(b"\r\n\r\n") for each in several.content.split(b"--" + boundary)[1:-1]]
    assert [(f"bytes 0-3/{size}".encode() in head, body) for head, _, body in parts[:1]] == [(True, b"PK\3\4\r\n")]
    assert parts[1][2] == whole.content[-4:] + b"\r\n"
    beyond = await client.get(ARCHIVE, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{size}"


async def test_a_part_reads_no_other_file(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    await store(client, CONTENTS)
    whole = (await client.get(ARCHIVE)).content
    blobs.fail_with = BLOB_STORE_DOWN
    start = whole.index(b"PK\1\2")
    assert (await client.get(ARCHIVE, headers={"Range": f"bytes={start}-"})).content == whole[start:]
    assert (await client.get(ARCHIVE, headers={"Range": "bytes=0-20"})).content == whole[:21]
    refused = await client.get(ARCHIVE, headers={"Range": f"bytes={start - 1}-"})
    assert (refused.status_code, refused.json()["code"]) == (503, "blob_store_unavailable")


async def test_a_part_is_sent_only_of_the_archive_that_the_reader_has(client: httpx.AsyncClient) -> None:
    await store(client, CONTENTS)
    etag = (await client.head(ARCHIVE)).headers["etag"]
    part = {"Range": "bytes=10-19"}
    assert (await client.get(ARCHIVE, headers={**part, "If-Range": etag})).status_code == 206
    for validator in ('"x"', f"W/{etag}", "Fri, 01 Jan 2100 00:00:00 GMT"):
        assert unpacked(await client.get(ARCHIVE, headers={**part, "If-Range": validator})) == CONTENTS
    head = await client.head(ARCHIVE, headers=part)
    assert (head.status_code, head.headers["accept-ranges"]) == (200, "bytes")
    unchanged = await client.get(ARCHIVE, headers={**part, "If-None-Match": etag})
    assert unchanged.status_code == 304
    await store(client, {"empty": b"no more"})
    assert len(unpacked(await client.get(ARCHIVE, headers={**part, "If-Range": etag}))) == len(CONTENTS)


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("", 400, "invalid_request"),
        ("?bucket=No", 400, "invalid_bucket"),
        ("?bucket=default&prefix=a%00", 400, "invalid_filter"),
        ("?bucket=default&name=a", 400, "invalid_filter"),
        ("?bucket=nowhere", 404, "bucket_not_found"),
        ("?bucket=default&prefix=nope", 404, "file_not_found"),
        ("?bucket=default&prefix=%01", 404, "file_not_found"),
    ],
)
async def test_a_query_that_finds_nothing_is_a_clear_problem(
    client: httpx.AsyncClient, query: str, status: int, code: str
) -> None:
    await store(client, {"a": b"1"})
    answer = await client.get(f"/v1/archive{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_an_id_that_is_not_there_is_named(client: httpx.AsyncClient, database: FakeDatabase) -> None:
    await client.put("/v1/buckets/brief", json={"default_ttl": 60})
    ids = await store(client, {"a": b"1"})
    expired = await store(client, {"b": b"2"}, "/v1/buckets/brief/files")
    database.clock.advance(60)
    for missing in (NOBODY, expired["b"]):
        answer = await client.post("/v1/archive", json={"ids": [ids["a"], missing]})
        assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")
        assert missing in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_input"),
        ({"ids": []}, "invalid_input"),
        ({"ids": ["x"]}, "invalid_input"),
        ({"ids": [str(UUID(int=number)) for number in range(1001)]}, "invalid_input"),
        ({"ids": [NOBODY], "prefix": "a"}, "invalid_input"),
        ({"ids": [NOBODY], "name": "../x"}, "invalid_name"),
        ({"ids": [NOBODY], "name": None}, "invalid_input"),
    ],
)
async def test_a_choice_that_can_never_be_right_is_refused(
    client: httpx.AsyncClient, body: dict[str, object], code: str
) -> None:
    answer = await client.post("/v1/archive", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_more_files_than_an_archive_holds_are_refused_before_the_first_byte(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store(client, CONTENTS)
    monkeypatch.setattr("domain.archives.read_archive.MAX_ARCHIVE_FILES", len(CONTENTS) - 1)
    for method in ("GET", "HEAD"):
        assert (await client.request(method, ARCHIVE)).status_code == 413
    answer = await client.get(ARCHIVE)
    assert answer.json()["code"] == "archive_too_large"
    monkeypatch.setattr("domain.archives.read_archive.MAX_ARCHIVE_FILES", len(CONTENTS))
    assert unpacked(await client.get(ARCHIVE)) == CONTENTS


async def test_a_store_that_is_down_is_503_before_the_first_header(
    client: httpx.AsyncClient, blobs: FakeBlobStore
) -> None:
    await store(client, CONTENTS)
    blobs.fail_with = BLOB_STORE_DOWN
    answer = await client.get(ARCHIVE)
    assert (answer.status_code, answer.json()["code"]) == (503, "blob_store_unavailable")
    assert answer.headers["retry-after"] == "2"


async def test_bytes_that_are_missing_never_end_the_archive_cleanly(
    client: httpx.AsyncClient, blobs: FakeBlobStore
) -> None:
    ids = await store(client, {"1": b"x" * 100_000, "2": b"y" * 100_000, "3": b"", "4": b"z"})
    whole = dict(blobs.stored)
    for damaged, left in (("2", None), ("2", b"y"), ("2", b"y" * 100_001), ("4", None), ("4", b"zz")):
        blobs.stored = dict(whole)
        key = await key_of(client, blobs, ids[damaged])
        if left is None:
            del blobs.stored[key]
        else:
            blobs.stored[key] = left
        with pytest.raises(LitestarException, match="after response started"):  # so the server cuts the connection
            await client.get(ARCHIVE)
    blobs.stored.clear()
    first = await client.get(ARCHIVE)
    assert (first.status_code, first.json()["code"]) == (500, "blob_missing")


async def key_of(client: httpx.AsyncClient, blobs: FakeBlobStore, id_: str) -> str:
    bytes_ = (await client.get(f"/v1/files/{id_}/content")).content
    (key,) = [key for key, stored in blobs.stored.items() if stored == bytes_]
    return key


async def test_a_file_that_is_deleted_or_replaced_meanwhile_is_in_the_archive_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_service(grace=60) as service, client_of(service.app) as client:
        ids = await store(client, CONTENTS)

        async def change() -> None:
            assert (await client.delete(f"/v1/files/{ids['q']}")).status_code == 204
            assert (await client.put(f"{FILES}/p/1.txt", content=b"longer than it was")).status_code == 200

        opening = Opening(service.blobs, change)
        monkeypatch.setattr(service.blobs, "open", opening.open)
        assert unpacked(await client.get(ARCHIVE)) == CONTENTS
        assert opening.has_happened
        assert unpacked(await client.get(f"{ARCHIVE}&prefix=p/1")) == {"p/1.txt": b"longer than it was"}


async def test_an_archive_takes_one_place_among_downloads_while_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with open_service() as service, client_of(service.app) as client:
        await store(client, CONTENTS)
        running = []

        async def look() -> None:
            running.append(REGISTRY.get_sample_value("fileport_transfers", {"kind": "downloads"}))

        monkeypatch.setattr(service.blobs, "open", Opening(service.blobs, look).open)
        assert unpacked(await client.get(ARCHIVE)) == CONTENTS
        assert running == [1]
        assert REGISTRY.get_sample_value("fileport_transfers", {"kind": "downloads"}) == 0


class Opening:
    """Opens a store's blobs, and has something happen before the first of them."""

    def __init__(self, blobs: FakeBlobStore, happening: Callable[[], Awaitable[None]]) -> None:
        self._open = blobs.open
        self._happening = happening
        self.has_happened = False

    @asynccontextmanager
    async def open(self, key: str, part: ByteRange | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        if not self.has_happened:
            self.has_happened = True
            await self._happening()
        async with self._open(key, part) as chunks:
            yield chunks


async def test_names_that_are_not_safe_elsewhere_are_renamed(client: httpx.AsyncClient) -> None:
    await store(client, {"a": b"1", "a/b": b"2", "..%5Cx": b"3", "C:/x": b"4"})
    assert unpacked(await client.get(ARCHIVE)) == {"a (2)": b"1", "a/b": b"2", ".._x": b"3", "C_/x": b"4"}
