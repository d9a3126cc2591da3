"""A linter of HTTP finds nothing to complain about in any kind of answer."""

from uuid import uuid4

import httpx

from tests.support.lint import complaints

CONTENT_REQUESTS: tuple[dict[str, str], ...] = (
    {},
    {"Want-Content-Digest": "sha-256=1"},
    {"Range": "bytes=0-1"},
    {"Range": "bytes=0-1,5-6"},
    {"Range": "bytes=99-"},
    {"Range": "bytes=0-1", "If-Range": '"x"'},
    {"If-None-Match": "*"},
    {"If-None-Match": '"x'},
    {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"If-Match": '"x"'},
)


async def test_no_answer_to_a_reader_is_complained_about(client: httpx.AsyncClient, files: str) -> None:
    stored = await client.put(f"{files}/é/a.html", content=b"0123456789", headers={"Content-Type": "text/html"})
    file = stored.headers["location"]
    bucket = files.removesuffix("/files")
    requests: list[tuple[str, dict[str, str]]] = [
        *((f"{file}/content", headers) for headers in CONTENT_REQUESTS),
        *((url, {}) for url in (file, f"{file}/text", f"{files}/é/a.html", f"{file}/content?download=b.html")),
        (f"{file}/content?redirect=true", {}),
        *((url, {"If-None-Match": "*"}) for url in (file, f"{file}/text", "/schema")),
        *((f"/v1/archive?bucket={bucket.rpartition('/')[2]}", headers) for headers in CONTENT_REQUESTS),
        *((url, {}) for url in ("/v1/files", "/v1/files?limit=0", "/v1/buckets", bucket, f"{files}/missing")),
        *((url, {}) for url in ("/v1/direct-uploads", "/v1/direct-uploads?limit=0", f"/v1/direct-uploads/{uuid4()}")),
        *((url, {}) for url in ("/health/live", "/health/ready", "/metrics", "/schema", "/schema/openapi.json", "/x")),
        (file, {"Authorization": "Bearer wrong"}),
    ]
    for url, headers in requests:
        for method in ("GET", "HEAD"):
            answer = await client.request(method, url, headers=headers)
            assert answer.status_code < 500
            assert complaints(answer) == [], (method, url, headers)


async def test_no_answer_to_a_writer_is_complained_about(client: httpx.AsyncClient, files: str) -> None:
    stored = await client.put(f"{files}/a", content=b"x")
    file, bucket = stored.headers["location"], files.removesuffix("/files")
    answers = [
        stored,
        await client.put(f"{files}/a", content=b"y"),
        await client.put(f"{files}/a", content=b"y", headers={"If-None-Match": "*"}),
        await client.put(f"{files}/a", content=b"y", headers={"Content-Encoding": "gzip"}),
        await client.put(f"{files}/k", content=b"y", headers={"Idempotency-Key": f'"{files}"'}),
        await client.put(f"{files}/k", content=b"y", headers={"Idempotency-Key": f'"{files}"'}),
        await client.put(f"{files}/k", content=b"z", headers={"Idempotency-Key": f'"{files}"'}),
        await client.post(files, files={"file": ("b", b"z")}),
        await client.patch(file, json={"tags": ["x"]}),
        await client.patch(file, json={"tags": 1}),
        await client.post(f"{file}/copy", json={"name": "b"}),
        await client.post(f"{file}/copy", json={"name": "c"}),
        await client.post("/v1/archive", json={"ids": [stored.json()["id"]], "name": "é"}),
        await client.delete(bucket),
        await client.post("/v1/batch", json={"operations": [{"op": "delete", "bucket": "x", "name": "y"}]}),
        job := await client.post("/v1/jobs", json={"kind": "delete", "bucket": "default", "prefix": f"{files}/"}),
        await client.get(job.headers["location"]),
        await client.get("/v1/jobs"),
        await client.delete(job.headers["location"]),
        await client.delete(file),
        await client.put(bucket, json={}),
        await client.put(f"{bucket}-new", json={}),
        await client.delete(f"{bucket}-new"),
        await client.options("/v1/files"),
        await client.post("/v1/direct-uploads", json={"bucket": "default", "name": "a", "size": 1}),
        await client.post("/health/live"),
    ]
    assert {answer.status_code for answer in answers} == {200, 201, 204, 400, 405, 409, 412, 415, 422}
    for answer in answers:
        assert complaints(answer) == [], answer.request
