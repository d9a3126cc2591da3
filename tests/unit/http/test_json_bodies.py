"""JSON in request bodies, as clients encode it."""

import httpx
import pytest

JSON = {"Content-Type": "application/json"}
BUCKET = "/v1/buckets/new"


async def test_a_byte_order_mark_before_json_is_skipped(client: httpx.AsyncClient) -> None:
    """RFC 8259, section 8.1: as PowerShell and .NET send it."""
    answer = await client.put(BUCKET, content='{"quota_bytes": 7}'.encode("utf-8-sig"), headers=JSON)
    assert (answer.status_code, answer.json()["quota_bytes"]) == (201, 7)


@pytest.mark.parametrize(
    "body",
    [
        '{"quota_bytes": 7}'.encode("utf-16"),
        '{"quota_bytes": 7}'.encode("utf-16-le"),
        '{"quota_bytes": 7}'.encode("utf-16-be"),
        '{"quota_bytes": 7}'.encode("utf-32"),
        b'{"allowed_types": ["\xe9/x"]}',
    ],
)
async def test_json_that_is_not_utf_8_is_told_so(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.put(BUCKET, content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert answer.json()["detail"] == "The body is not UTF-8."
    assert (await client.get(BUCKET)).status_code == 404


@pytest.mark.parametrize("body", ["", "\ufeff", "\ufeff\ufeff{}", "{", '{"a": "\0"}'])
async def test_json_that_is_broken_is_not_blamed_on_its_encoding(client: httpx.AsyncClient, body: str) -> None:
    answer = await client.put(BUCKET, content=body.encode(), headers=JSON)
    assert answer.status_code == 400
    assert "UTF-8" not in answer.json()["detail"]


async def test_a_byte_order_mark_before_json_in_a_form_is_skipped(client: httpx.AsyncClient) -> None:
    fields = {"name": "a", "metadata": '\ufeff{"a": 1}', "tags": '\ufeff["x"]'}
    answer = await client.post("/v1/buckets/default/files", data=fields, files={"file": b"1"})
    assert (answer.json()["metadata"], answer.json()["tags"]) == ({"a": 1}, ["x"])
