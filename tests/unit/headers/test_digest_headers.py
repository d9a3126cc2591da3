"""Uploads that declare digests of their bytes (RFC 9530, RFC 1864)."""

import hashlib
from base64 import b64encode

import httpx
import pytest

from tests.fakes.blobs.store import FakeBlobStore

FILE = "/v1/buckets/default/files/a"


def digest(algorithm: str, data: bytes) -> str:
    return b64encode(hashlib.new(algorithm, data).digest()).decode()


def declared(data: bytes) -> list[dict[str, str]]:
    """Return the ways to declare the digest of `data`."""
    return [
        {"Content-Digest": f"sha-256=:{digest('sha256', data)}:"},
        {"Repr-Digest": f"sha-512=:{digest('sha512', data)}:"},
        {"Content-Digest": f"crc32c=:AQ==:, sha-512=:{digest('sha512', data)}:, sha-256=:{digest('sha256', data)}:"},
        {"Content-MD5": digest("md5", data)},
    ]


async def test_bytes_that_are_as_declared_are_stored(client: httpx.AsyncClient) -> None:
    for headers in declared(b"bytes"):
        answer = await client.put(FILE, content=b"bytes", headers=headers)
        assert answer.status_code in {200, 201}
        assert answer.json()["sha256"] == hashlib.sha256(b"bytes").hexdigest()


async def test_damaged_bytes_are_refused_and_leave_nothing(client: httpx.AsyncClient, blobs: FakeBlobStore) -> None:
    for headers in declared(b"bytes"):
        answer = await client.put(FILE, content=b"bites", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "digest_mismatch")
        assert (await client.get(FILE)).status_code == 404
        assert not blobs.stored
        assert not blobs.unfinished
    await client.put(FILE, content=b"before")
    assert (await client.put(FILE, content=b"bites", headers=declared(b"bytes")[0])).status_code == 400
    assert (await client.get(FILE)).content == b"before"


@pytest.mark.parametrize(
    "headers",
    [
        [("Content-Digest", "x y")],
        [("Content-Digest", "sha-256=:AQID:")],
        [("Repr-Digest", "sha-512=1")],
        [("Content-MD5", "x")],
        [("Content-MD5", digest("md5", b"bytes"))] * 2,
    ],
)
async def test_a_malformed_digest_is_refused(client: httpx.AsyncClient, headers: list[tuple[str, str]]) -> None:
    answer = await client.put(FILE, content=b"bytes", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_digest")


async def test_all_that_is_declared_has_to_come_out(client: httpx.AsyncClient) -> None:
    right, wrong = declared(b"bytes")[0], declared(b"bites")[1]
    answer = await client.put(FILE, content=b"bytes", headers=right | wrong)
    assert (answer.status_code, answer.json()["code"]) == (400, "digest_mismatch")
    lines = [("Content-Digest", each["Content-Digest"]) for each in (declared(b"bites")[0], right)]
    # Of members with the same key the last one counts (RFC 9651, section 3.2).
    assert (await client.put(FILE, content=b"bytes", headers=lines)).status_code == 201


async def test_a_form_and_a_record_are_held_to_what_was_declared_too(
    client: httpx.AsyncClient, blobs: FakeBlobStore
) -> None:
    form = client.build_request("POST", "/v1/buckets/default/files", files={"file": ("f", b"bytes")})
    await form.aread()
    patch = b'{"tags": ["a"]}'
    id = (await client.put(FILE, content=b"bytes")).json()["id"]
    for method, url, content, content_type in (
        ("POST", "/v1/buckets/default/files", form.content, form.headers["content-type"]),
        ("PATCH", f"/v1/files/{id}", patch, "application/json"),
    ):
        kept = dict(blobs.stored)
        for headers in declared(content + b"more"):
            answer = await client.request(
                method, url, content=content, headers={"Content-Type": content_type, **headers}
            )
            assert (answer.status_code, answer.json()["code"]) == (400, "digest_mismatch")
            assert blobs.stored == kept
            assert not blobs.unfinished
        for headers in declared(content):
            answer = await client.request(
                method, url, content=content, headers={"Content-Type": content_type, **headers}
            )
            assert answer.status_code in {200, 201}
    assert (await client.get("/v1/buckets/default/files/f")).content == b"bytes"
    assert (await client.get(f"/v1/files/{id}")).json()["tags"] == ["a"]
