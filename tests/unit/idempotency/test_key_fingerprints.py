"""An idempotency key belongs to one request: the same one written differently, or another one."""

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.fakes.database import FakeDatabase
from tests.unit.idempotency.keyed_sends import CONTENT, FILES, KEY, code, is_same, post_file, put_file


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("PUT", f"{FILES}/b", {"content": CONTENT}),
        ("PUT", f"{FILES}/a?x=1", {"content": CONTENT}),
        ("PUT", f"{FILES}/a", {"content": CONTENT, "headers": {"If-None-Match": "*"}}),
        ("PUT", f"{FILES}/a", {"content": CONTENT, "headers": {"If-Match": '"x"'}}),
        ("PUT", f"{FILES}/a", {"content": CONTENT, "headers": {"Content-Type": "image/png"}}),
        ("POST", FILES, {"files": {"file": ("a", CONTENT)}}),
        ("PUT", "/v1/buckets/songs", {"json": {}}),
        ("POST", "/v1/jobs", {"json": {"kind": "delete", "bucket": "default", "prefix": "a"}}),
    ],
)
async def test_the_same_key_with_another_request_is_refused(
    client: httpx.AsyncClient, method: str, path: str, options: Any
) -> None:
    await put_file(client, KEY)
    options["headers"] = {**KEY, **options.get("headers", {})}
    assert code(await client.request(method, path, **options)) == (422, "idempotency_key_reused")


async def test_json_is_compared_byte_by_byte(client: httpx.AsyncClient, original: str) -> None:
    headers = {**KEY, "Content-Type": "application/json"}
    assert (await client.post(f"{original}/copy", content=b'{"name":"a"}', headers=headers)).status_code == 201
    for body in (b'{"name":"b"}', b'{"name": "a"}'):
        answer = await client.post(f"{original}/copy", content=body, headers=headers)
        assert code(answer) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("changed", [{"name": "b"}, {"metadata": '{"b": 1}'}, {"tags": "x"}, {"tags": "y,x"}])
async def test_a_form_of_other_fields_is_another_request(client: httpx.AsyncClient, changed: dict[str, str]) -> None:
    await post_file(client, KEY)
    form = {"name": "a", "metadata": '{"b": 1, "a": 2}', "tags": "x,y", **changed}
    answer = await client.post(FILES, data=form, files={"file": ("f.txt", CONTENT)}, headers=KEY)
    assert code(answer) == (422, "idempotency_key_reused")


async def test_a_form_may_write_the_same_differently(client: httpx.AsyncClient) -> None:
    first = await post_file(client, KEY)
    form = {"name": "a", "metadata": '{"a":2,"b":1}', "tags": '["x", "y"]'}
    assert is_same(await client.post(FILES, data=form, files={"file": ("f.txt", CONTENT)}, headers=KEY), first)


@pytest.mark.parametrize("other", [b"", b"some", b"same bytes", b"some bytes more"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_other_bytes_are_another_upload(
    client: httpx.AsyncClient, database: FakeDatabase, other: bytes, *, chunked: bool
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield other

    await put_file(client, KEY)
    reserved = set(database.blobs)
    answer = await client.put(f"{FILES}/a", content=chunks() if chunked else other, headers=KEY)
    assert code(answer) == (422, "idempotency_key_reused")
    form = await client.post(FILES, data={"name": "a"}, files={"file": ("a", other)}, headers=KEY)
    assert code(form) == (422, "idempotency_key_reused")
    assert set(database.blobs) == reserved
    assert (await client.get(f"{FILES}/a")).content == CONTENT


async def test_the_file_of_a_form_is_compared(client: httpx.AsyncClient) -> None:
    await client.post(FILES, files={"file": ("a", CONTENT)}, headers=KEY)
    answer = await client.post(FILES, files={"file": ("a", b"same bytes")}, headers=KEY)
    assert code(answer) == (422, "idempotency_key_reused")


async def test_bytes_that_differ_by_length_or_digest_are_not_read(
    client: httpx.AsyncClient,
) -> None:
    read: list[bytes] = []

    async def chunks() -> AsyncIterator[bytes]:
        read.append(b"same bytes")
        yield read[-1]

    await put_file(client, KEY)
    digest = base64.b64encode(hashlib.sha256(b"same bytes").digest()).decode()
    for declared in ({"Content-Length": "11"}, {"Repr-Digest": f"sha-256=:{digest}:"}):
        headers = {**KEY, "Expect": "100-continue", **declared}
        answer = await client.put(f"{FILES}/a", content=chunks(), headers=headers)
        assert code(answer) == (422, "idempotency_key_reused")
    assert not read


async def test_how_a_body_is_framed_and_digested_makes_no_other_request(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for each in CONTENT:
            yield bytes([each])

    first = await put_file(client, KEY)
    digest = base64.b64encode(hashlib.sha512(CONTENT).digest()).decode()
    assert is_same(await client.put(f"{FILES}/a", content=chunks(), headers=KEY), first)
    assert is_same(await put_file(client, {**KEY, "Content-Digest": f"sha-512=:{digest}:"}), first)


async def test_a_repeat_is_held_to_its_digest(client: httpx.AsyncClient) -> None:
    await put_file(client, KEY)
    wrong = base64.b64encode(hashlib.sha512(b"").digest()).decode()
    answer = await put_file(client, {**KEY, "Content-Digest": f"sha-512=:{wrong}:"})
    assert code(answer) == (400, "digest_mismatch")
