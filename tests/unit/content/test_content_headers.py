"""Headers of a file's bytes: digests, caching, and whether a browser shows or saves them."""

import hashlib
from base64 import b64encode

import httpx
import pytest

from tests.support.clients import said_of_content

BUCKET = "/v1/buckets/default"
FILES = f"{BUCKET}/files"
DIGEST = f"sha-256=:{b64encode(hashlib.sha256(b'0123456789').digest()).decode()}:"


async def stored(client: httpx.AsyncClient, name: str = "a", content_type: str = "text/plain") -> str:
    """Store ten bytes and return the path of their content."""
    answer = await client.put(f"{FILES}/{name}", content=b"0123456789", headers={"Content-Type": content_type})
    return f"/v1/files/{answer.json()['id']}/content"


async def test_every_answer_has_the_digest_of_the_whole(client: httpx.AsyncClient) -> None:
    """RFC 9530, section 3: of the representation, whichever part of it is sent."""
    path = await stored(client)
    for headers in ({}, {"Range": "bytes=0-1"}, {"Range": "bytes=0-1,5-6"}, {"Want-Repr-Digest": "sha-512=10"}):
        answer = await client.get(path, headers=headers)
        assert answer.headers["repr-digest"] == DIGEST
        assert "content-digest" not in answer.headers


async def test_a_digest_that_is_not_wanted_is_not_sent(client: httpx.AsyncClient) -> None:
    """RFC 9530, section 4."""
    answer = await client.get(await stored(client), headers={"Want-Repr-Digest": "sha-256=0, sha-512=5"})
    assert "repr-digest" not in answer.headers


async def test_the_digest_of_the_content_is_sent_with_the_whole_to_a_reader_that_wants_it(
    client: httpx.AsyncClient,
) -> None:
    """RFC 9530, sections 2 and 4."""
    path = await stored(client)
    want = {"Want-Content-Digest": "sha-512=1, sha-256=5"}
    assert (await client.get(path, headers=want)).headers["content-digest"] == DIGEST
    assert (await client.head(path, headers=want)).headers["content-digest"] == DIGEST
    assert "content-digest" not in (await client.get(path, headers={**want, "Range": "bytes=0-1"})).headers
    for not_wanted in ("sha-256=0", "sha-512=10", "sha-256", "sha-256=1,"):
        answer = await client.get(path, headers={"Want-Content-Digest": not_wanted})
        assert "content-digest" not in answer.headers


async def test_caches_do_as_the_bucket_says(client: httpx.AsyncClient) -> None:
    path = await stored(client)
    record = path.removesuffix("/content")
    text = f"{record}/text"
    for each in (path, record, text):
        assert (await client.get(each)).headers["cache-control"] == "private, no-cache"
    await client.put(BUCKET, json={"cache_control": "public, max-age=3600, immutable"})
    for each in (path, text, f"{FILES}/a"):
        for headers in ({}, {"Range": "bytes=1-2"}, {"If-None-Match": "*"}):
            answer = await client.get(each, headers=headers)
            # Nobody reads it without a key.
            assert answer.headers["cache-control"] == "private, max-age=3600, immutable"
    # The policy speaks of downloads; a record changes without them.
    assert (await client.get(record)).headers["cache-control"] == "private, no-cache"
    assert (await client.get(path, headers={"Range": "bytes=99-"})).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("image/png", "inline"),
        ("audio/mpeg", "inline"),
        ("video/mp4", "inline"),
        ("text/plain; charset=utf-8", "inline"),
        ("text/html", "attachment"),
        ("image/svg+xml", "attachment"),
        ("application/xhtml+xml", "attachment"),
        ("text/xml; charset=utf-8", "attachment"),
        ("application/octet-stream", "attachment"),
        ("Text/HTML", "attachment"),
    ],
)
async def test_a_browser_shows_types_that_it_cannot_run_and_saves_the_rest(
    client: httpx.AsyncClient, content_type: str, kind: str
) -> None:
    path = await stored(client, content_type=content_type)
    for url in (path, f"{FILES}/a"):
        for headers in ({}, {"Range": "bytes=0-1"}, {"Range": "bytes=0-1,5-6"}):
            answer = await client.get(url, headers=headers)
            assert answer.headers["content-disposition"] == f'{kind}; filename="a"'
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("query", ["?download", "?download="])
async def test_a_download_is_saved_under_the_name_of_the_file(client: httpx.AsyncClient, query: str) -> None:
    path = await stored(client, "photos/Österreich 1.txt")
    expected = "attachment; filename=\"Osterreich 1.txt\"; filename*=UTF-8''%C3%96sterreich%201.txt"
    assert (await client.get(path + query)).headers["content-disposition"] == expected
    assert (await client.head(path + query)).headers["content-disposition"] == expected


async def test_a_download_is_saved_under_the_name_that_is_asked_for(client: httpx.AsyncClient) -> None:
    path = await stored(client)
    for url in (path, f"{FILES}/a"):
        answer = await client.get(url, params={"download": 'x/каша "1".txt'})
        assert (answer.status_code, answer.content) == (200, b"0123456789")
        assert answer.headers["content-disposition"] == (
            "attachment; filename=\"____ _1_.txt\"; filename*=UTF-8''%D0%BA%D0%B0%D1%88%D0%B0%20%221%22.txt"
        )


@pytest.mark.parametrize("name", ["a\r\nX-Evil: 1", "a\0", "..", "a/", "x" * 1025, "a\x85b"])
async def test_a_name_that_no_file_may_have_is_refused(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(await stored(client), params={"download": name})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_name")


async def test_head_has_the_headers_of_get_whatever_is_asked_for(client: httpx.AsyncClient) -> None:
    path = await stored(client)
    record = path.removesuffix("/content")
    await client.put("/v1/buckets/other", json={})
    urls = [
        path,
        f"{FILES}/a",
        f"{path}?download=b",
        f"{path}?download=..",
        record,
        f"{record}/text",
        "/v1/files",
        "/v1/files?limit=0",
        "/v1/buckets",
        "/v1/buckets/default",
        "/v1/buckets/nowhere",
        f"{FILES}/missing",
        "/health/live",
        "/health/ready",
        "/metrics",
        "/schema",
        "/schema/openapi.json",
        "/nowhere",
    ]
    conditions: tuple[dict[str, str], ...] = (
        {},
        {"If-None-Match": "*"},
        {"If-Match": '"x"'},
        {"If-Match": "x"},
        {"Want-Content-Digest": "sha-256=1"},
    )
    for url in urls:
        for headers in conditions:
            get = await client.get(url, headers=headers)
            head = await client.head(url, headers=headers)
            assert (head.status_code, head.content) == (get.status_code, b""), url
            if url == "/metrics":
                del get.headers["content-length"], head.headers["content-length"]  # these two requests count, too
            assert said_of_content(head) == said_of_content(get), url
