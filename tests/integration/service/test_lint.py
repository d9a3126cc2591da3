"""A linter of HTTP finds nothing to complain about in any kind of answer."""

import time

import httpx
from httplint import HttpRequestLinter, HttpResponseLinter
from httplint.note import Note, levels

# A request that is wrong on purpose; and what RFC 9110, section 15.3.7.2, forbids in an answer of several parts.
MEANT = {"STATUS_BAD_REQUEST", "PARTIAL_WITHOUT_RANGE"}


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


def complaints(answer: httpx.Response) -> list[str]:
    """Return what the linter finds bad or doubtful in the answer to its request."""
    now = time.time()
    request = HttpRequestLinter(start_time=now)
    request.process_request_topline(answer.request.method.encode(), str(answer.url).encode(), b"1.1")
    request.process_headers(answer.request.headers.raw)
    request.finish_content(True)
    response = HttpResponseLinter(start_time=now, _related=request, no_content=answer.request.method == "HEAD")
    response.process_response_topline(b"1.1", str(answer.status_code).encode(), answer.reason_phrase.encode())
    response.process_headers(answer.headers.raw)
    response.feed_content(answer.content)
    response.finish_content(True)
    found: list[Note] = [note for note in response.notes if note.level in {levels.BAD, levels.WARN}]
    return [f"{type(note).__name__}: {note.summary}" for note in found if type(note).__name__ not in MEANT]


async def test_no_answer_to_a_reader_is_complained_about(client: httpx.AsyncClient, files: str) -> None:
    stored = await client.put(f"{files}/é/a.html", content=b"0123456789", headers={"Content-Type": "text/html"})
    file = stored.headers["location"]
    bucket = files.removesuffix("/files")
    requests: list[tuple[str, dict[str, str]]] = [
        *((f"{file}/content", headers) for headers in CONTENT_REQUESTS),
        *((url, {}) for url in (file, f"{file}/text", f"{files}/é/a.html", f"{file}/content?download=b.html")),
        (f"{file}/content?redirect=true", {}),
        *((url, {"If-None-Match": "*"}) for url in (file, f"{file}/text", "/schema")),
        *((url, {}) for url in ("/v1/files", "/v1/files?limit=0", "/v1/buckets", bucket, f"{files}/missing")),
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
        await client.post(files, files={"file": ("b", b"z")}),
        await client.patch(file, json={"tags": ["x"]}),
        await client.patch(file, json={"tags": 1}),
        await client.post(f"{file}/copy", json={"name": "b"}),
        await client.post(f"{file}/copy", json={"name": "c"}),
        await client.delete(bucket),
        await client.delete(file),
        await client.put(bucket, json={}),
        await client.put(f"{bucket}-new", json={}),
        await client.delete(f"{bucket}-new"),
        await client.options("/v1/files"),
        await client.post("/health/live"),
    ]
    assert {answer.status_code for answer in answers} == {200, 201, 204, 400, 405, 409, 412, 415}
    for answer in answers:
        assert complaints(answer) == [], answer.request
