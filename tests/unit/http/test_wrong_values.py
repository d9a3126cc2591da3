"""Refusals of wrong values say what to send in their place."""

import httpx
import pytest

TIME = '"2030-01-31T12:00:00Z"'


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            '{"quota_bytes": "5"}',
            "`quota_bytes` must be a whole number or null, not a string: send it without quotes.",
        ),
        ('{"quota_bytes": 1.5}', "`quota_bytes` must be a whole number or null, not a number with a fraction."),
        ('{"quota_bytes": [5]}', "`quota_bytes` must be a whole number or null, not a list."),
        ('{"public": "true"}', "`public` must be true or false, not a string: send it without quotes."),
        ('{"cache_control": 5}', "`cache_control` must be a string or null, not a whole number: send it in quotes."),
        (
            '{"allowed_types": "image/*"}',
            "`allowed_types` must be a list […] or null, not a string: send it in brackets.",
        ),
        ('{"allowed_types": [null]}', "`allowed_types[0]` must be a string, not null."),
        ('{"quota": 5}', "there is no field `quota`: leave it out, or see /schema for the right name."),
        ("[]", "it must be an object {…}, not a list."),
        ('{"quota_bytes": 5', "the JSON ends too early: send all of it."),
        ("{quota_bytes: 5}", "this is not JSON: object keys must be strings (byte 1)."),
    ],
)
async def test_a_wrong_bucket_says_what_to_send(client: httpx.AsyncClient, body: str, detail: str) -> None:
    answer = await client.put("/v1/buckets/songs", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert answer.json()["detail"] == f"The body: {detail}"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "the field `op` is missing in `operations[0]`, and must be sent."),
        ({"op": "burn"}, "`operations[0].op` cannot be 'burn': see /schema for the values that it takes."),
        (
            {"op": "delete", "id": "7"},
            '`operations[0].id` must be an id, such as "019a2f3c-7d10-7cc3-98c4-dc0c0c07398f".',
        ),
        (
            {"op": "patch", "id": "7", "patch": {"expires_at": 5}},
            '`operations[0].id` must be an id, such as "019a2f3c-7d10-7cc3-98c4-dc0c0c07398f".',
        ),
        (
            {"op": "patch", "bucket": "a", "name": "b", "patch": {"expires_at": 5}},
            f"`operations[0].patch.expires_at` must be a time, such as {TIME} or null, not a whole number.",
        ),
        (
            {"op": "patch", "bucket": "a", "name": "b", "patch": {"expires_at": "soon"}},
            f"`operations[0].patch.expires_at` must be a time, such as {TIME}.",
        ),
    ],
)
async def test_a_wrong_operation_says_what_to_send(
    client: httpx.AsyncClient, body: dict[str, object], detail: str
) -> None:
    answer = await client.post("/v1/batch", json={"operations": [body]})
    assert (answer.status_code, answer.json()["detail"]) == (400, f"The body: {detail}")


async def test_an_empty_body_says_so(client: httpx.AsyncClient) -> None:
    answer = await client.put("/v1/buckets/songs", content=b"", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (400, "The body is empty: send JSON.")


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("limit=many", "limit must be a whole number"),
        ("total=perhaps", "total must be true or false"),
    ],
)
async def test_a_wrong_parameter_says_what_to_send(client: httpx.AsyncClient, query: str, detail: str) -> None:
    answer = await client.get(f"/v1/files?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert answer.json()["detail"].startswith(detail)


@pytest.mark.parametrize("path", ["/files", "/v1", "/v1/filez", "/v1/files/no-id", "/schema/x", "/favicon.ico"])
async def test_a_path_with_nothing_at_it_says_where_to_look(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "/schema" in answer.json()["detail"]
    assert "/v1" in answer.json()["detail"]


async def test_a_wrong_method_says_which_there_are(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/files")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.json()["detail"] == f"This path has the methods {answer.headers['allow']}."


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_root_leads_to_the_documentation(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/schema")
    assert (await client.get("/schema")).status_code == 200


async def test_the_document_explains_the_variables_of_its_commands(client: httpx.AsyncClient) -> None:
    about = (await client.get("/schema/openapi.json")).json()["info"]["description"]
    assert "export FILEPORT_URL=127.0.0.1:8000 FILEPORT_KEY=$(cat data/root.key)" in about
