"""A file is stored by one protocol and read by the other."""

import hashlib

import httpx

from tests.support.s3 import S3Client

FILES = "/v1/buckets/default/files"
GZIPPED = b"\x1f\x8b not really"


async def test_what_s3_stores_the_api_reads(s3: S3Client, client: httpx.AsyncClient) -> None:
    """Pitfalls of S3, test 14."""
    headers = {"content-type": "text/css", "x-amz-meta-author": "=?UTF-8?B?w6k=?=", "x-amz-tagging": "a=b"}
    await s3.send("PUT", "/default/a", body=b"a{}", headers=headers)
    file = (await client.get("/v1/files")).json()["items"][0]
    assert (file["name"], file["size"], file["content_type"]) == ("a", 3, "text/css")
    assert (file["metadata"], file["tags"]) == ({"author": "é"}, [])
    assert file["sha256"] == hashlib.sha256(b"a{}").hexdigest()
    got = await client.get(f"{FILES}/a")
    assert (got.content, got.headers["etag"]) == (b"a{}", file["etag"])


async def test_what_the_api_stores_s3_reads(s3: S3Client, client: httpx.AsyncClient) -> None:
    form = {"name": "a", "metadata": '{"author": "é", "year": 1975}', "tags": "t"}
    await client.post(FILES, data=form, files={"file": ("a", b"a{}", "text/css")})
    got = await s3.send("GET", "/default/a")
    assert (got.status, got.body, got.headers["content-type"]) == (200, b"a{}", "text/css")
    assert got.headers["etag"] == f'"{hashlib.sha256(b"a{}").hexdigest()[:32]}-1"'
    assert (got.headers["x-amz-meta-author"], got.headers["x-amz-missing-meta"]) == ("=?UTF-8?B?w6k=?=", "1")
    assert not [name for name in got.headers if name.startswith("x-amz-checksum")]


async def test_new_bytes_by_the_api_end_what_s3_said_of_the_old_ones(s3: S3Client, client: httpx.AsyncClient) -> None:
    headers = {"cache-control": "max-age=5", "x-amz-tagging": "a=b", "x-amz-meta-k": "v"}
    put = await s3.send("PUT", "/default/a", body=b"one", headers=headers)
    assert (await client.put(f"{FILES}/a", content=b"two")).status_code == 200
    head = await s3.send("HEAD", "/default/a", headers={"x-amz-checksum-mode": "ENABLED"})
    assert head.headers["etag"] != put.headers["etag"]
    assert head.headers["etag"].endswith('-1"')
    assert head.headers["cache-control"] == "private, no-cache"
    assert (head.headers["x-amz-tagging-count"], head.headers["x-amz-meta-k"]) == ("1", "v")
    assert "x-amz-checksum-crc64nvme" not in head.headers


async def test_a_change_of_the_record_leaves_the_content_as_it_is(s3: S3Client, client: httpx.AsyncClient) -> None:
    put = await s3.send("PUT", "/default/a", body=b"one")
    file = (await client.get("/v1/files")).json()["items"][0]
    await client.patch(f"/v1/files/{file['id']}", json={"name": "b", "metadata": {"k": "v"}})
    head = await s3.send("HEAD", "/default/b")
    assert (head.headers["etag"], head.headers["x-amz-meta-k"]) == (put.headers["etag"], "v")


async def test_the_api_says_how_content_is_coded(s3: S3Client, client: httpx.AsyncClient) -> None:
    headers = {"content-encoding": "x-own", "content-language": "de", "cache-control": "public", "expires": "never"}
    await s3.send("PUT", "/default/a", body=GZIPPED, headers=headers)
    for range_ in ({}, {"Range": "bytes=0-1"}):
        got = await client.get(f"{FILES}/a", headers={"Accept-Encoding": "x-own", **range_})
        assert (got.headers["content-encoding"], got.headers["content-language"]) == ("x-own", "de")
        # The bucket decides what caches keep, and the name how it is saved.
        assert got.headers["cache-control"] == "private, no-cache"
        assert "expires" not in got.headers
