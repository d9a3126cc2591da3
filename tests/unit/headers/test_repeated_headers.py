"""Headers of which one value counts stand once."""

import httpx
import pytest

from tests.support.tus import TUS, UPLOADS

FILE = "/v1/buckets/default/files/a"


@pytest.mark.parametrize(
    ("method", "path", "name", "values"),
    [
        ("PUT", FILE, "Content-Type", ("text/plain", "text/html")),
        ("PUT", FILE, "Content-Type", ("text/plain", "text/plain")),
        ("PUT", "/v1/buckets/new", "Content-Type", ("application/json", "text/plain")),
        ("POST", UPLOADS, "Tus-Resumable", ("1.0.0", "0.2.2")),
        ("POST", UPLOADS, "X-HTTP-Method-Override", ("POST", "DELETE")),
    ],
)
async def test_a_header_that_has_one_value_stands_once(
    client: httpx.AsyncClient, method: str, path: str, name: str, values: tuple[str, str]
) -> None:
    others = {key: value for key, value in {**TUS, "Upload-Length": "1"}.items() if key != name}
    headers = [*others.items(), *((name, value) for value in values)]
    answer = await client.request(method, path, content=b"{}" if path != UPLOADS else b"", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.json()["detail"] == f"{name.title()} stands more than once."
    assert (await client.get("/v1/files")).json()["items"] == []
    assert (await client.get("/v1/buckets/new")).status_code == 404


async def test_a_second_key_does_not_go_unseen(client: httpx.AsyncClient) -> None:
    key = client.headers.pop("authorization")
    answer = await client.get("/v1/files", headers=[("Authorization", key), ("Authorization", "Bearer other")])
    assert (answer.status_code, answer.json()["detail"]) == (400, "Authorization stands more than once.")
    answer = await client.get("/v1/files", headers=[("Authorization", "Bearer other"), ("Authorization", key)])
    assert answer.status_code == 401
