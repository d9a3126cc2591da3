"""Queries of all routes."""

import httpx
import pytest

ID = "019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27"
FILE = "/v1/buckets/default/files/a"


@pytest.mark.parametrize("query", ["name=%FF", "%C3%28=1", "name=a%ED%A0%80", "limit=1&x=%80"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/files"),
        ("HEAD", "/v1/files"),
        ("GET", FILE),
        ("PUT", FILE),
        ("DELETE", f"/v1/files/{ID}"),
        ("POST", "/v1/batch"),
        ("GET", "/v1/archive"),
        ("GET", "/v1/uploads"),
    ],
)
async def test_a_query_is_utf_8(client: httpx.AsyncClient, method: str, path: str, query: str) -> None:
    answer = await client.request(method, f"{path}?{query}")
    assert answer.status_code == 400
    if method != "HEAD":
        assert (answer.json()["code"], "UTF-8" in answer.json()["detail"]) == ("invalid_request", True)
    assert (await client.get(FILE)).status_code == 404


@pytest.mark.parametrize(
    ("path", "parameter", "value"),
    [
        (FILE, "download", "x"),
        (FILE, "redirect", "true"),
        (f"/v1/files/{ID}/content", "download", ""),
        ("/v1/buckets", "limit", "1"),
        ("/v1/uploads", "bucket", "default"),
        ("/v1/jobs", "cursor", "x"),
        ("/v1/archive", "bucket", "default"),
        ("/v1/archive", "prefix", "a"),
    ],
)
async def test_a_parameter_that_is_not_a_list_is_given_once(
    client: httpx.AsyncClient, path: str, parameter: str, value: str
) -> None:
    answer = await client.get(path, params=[(parameter, value), (parameter, value)])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.json()["detail"] == f"{parameter} is given more than once."


async def test_a_query_is_checked_for_callers_with_a_key_only(client: httpx.AsyncClient) -> None:
    del client.headers["authorization"]
    assert (await client.get("/v1/files?name=%FF")).status_code == 401
