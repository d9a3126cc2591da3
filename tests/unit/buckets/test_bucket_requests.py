"""Buckets over HTTP."""

import base64

import httpx
import pytest


async def test_a_bucket_is_made_changed_and_deleted(client: httpx.AsyncClient) -> None:
    policy = {
        "max_file_size": 10,
        "allowed_types": ["image/*"],
        "quota_bytes": 100,
        "quota_files": 5,
        "default_ttl": 60,
        "public": True,
        "public_listing": True,
        "cors": [
            {
                "allowed_origins": ["https://app.example"],
                "allowed_methods": ["GET"],
                "allowed_headers": ["range"],
                "exposed_headers": ["etag"],
                "max_age": 60,
                "id": "the app",
            }
        ],
        "cache_control": "max-age=60",
    }
    made = await client.put("/v1/buckets/photos", json=policy)
    assert (made.status_code, made.headers["location"]) == (201, "/v1/buckets/photos")
    assert made.json() == {
        "name": "photos",
        **policy,
        "created_at": "2026-01-01T00:00:00Z",
        "usage": {"bytes": 0, "files": 0},
    }
    changed = await client.put("/v1/buckets/photos", json={})
    assert (changed.status_code, changed.json()["allowed_types"], changed.json()["public"]) == (200, None, False)
    assert (await client.get("/v1/buckets/photos")).json() == changed.json()
    assert (await client.delete("/v1/buckets/photos")).status_code == 204
    assert (await client.get("/v1/buckets/photos")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("PUT", "UPPER", {}, 400, "invalid_bucket"),
        ("PUT", "%00", {}, 400, "invalid_bucket"),
        ("PUT", "a", {"default_ttl": 0}, 400, "invalid_bucket"),
        ("PUT", "a", {"quota_bytes": "5"}, 400, "invalid_input"),
        ("PUT", "a", {"quota": 5}, 400, "invalid_input"),
        ("PUT", "a", {"cors": {}}, 400, "invalid_input"),
        ("PUT", "a", {"cors": [{"allowed_origins": ["*"]}]}, 400, "invalid_input"),
        ("PUT", "a", {"cors": [{"allowed_origins": ["*"], "allowed_methods": ["TRACE"]}]}, 400, "invalid_input"),
        ("PUT", "a", {"cors": [{"allowed_origins": ["*"], "allowed_methods": []}]}, 400, "invalid_bucket"),
        ("GET", "nowhere", None, 404, "bucket_not_found"),
        ("GET", "%00", None, 400, "invalid_bucket"),
        ("DELETE", "nowhere", None, 404, "bucket_not_found"),
        ("DELETE", "default", None, 409, "bucket_protected"),
        ("DELETE", "full", None, 409, "bucket_not_empty"),
    ],
)
async def test_an_invalid_policy_is_refused(
    client: httpx.AsyncClient, method: str, path: str, body: object, status: int, code: str
) -> None:
    await client.put("/v1/buckets/full", json={})
    await client.put("/v1/buckets/full/files/a", content=b"x")
    answer = await client.request(method, f"/v1/buckets/{path}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_buckets_are_listed_by_name_a_page_at_a_time(client: httpx.AsyncClient) -> None:
    for name in ("c", "a", "b"):
        await client.put(f"/v1/buckets/{name}", json={})
    first = (await client.get("/v1/buckets", params={"limit": 2})).json()
    assert [bucket["name"] for bucket in first["items"]] == ["a", "b"]
    second = (await client.get("/v1/buckets", params={"limit": 2, "cursor": first["next"]})).json()
    assert [bucket["name"] for bucket in second["items"]] == ["c", "default"]
    assert second["next"] is None


@pytest.mark.parametrize("cursor", ["!", "é", "null", "AA==", base64.urlsafe_b64encode(b'"Q"').decode()])
async def test_a_foreign_cursor_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    answer = await client.get("/v1/buckets", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


async def test_a_bucket_is_made_only_once_or_changed_only_if_it_is_there(client: httpx.AsyncClient) -> None:
    only_new, only_old = {"If-None-Match": "*"}, {"If-Match": "*"}
    path = "/v1/buckets/songs"
    answers = [
        await client.put(path, json={"default_ttl": 60}, headers=only_old),
        await client.put(path, json={"default_ttl": 60}, headers=only_new),
        await client.put(path, json={"default_ttl": 90}, headers=only_new),
        await client.put(path, json={"default_ttl": 90}, headers={"If-Match": '"seen"'}),
        await client.delete(path, headers={"If-Match": '"seen"'}),
    ]
    assert [answer.status_code for answer in answers] == [412, 201, 412, 412, 412]
    assert (await client.get(path)).json()["default_ttl"] == 60
    assert (await client.put(path, json={"default_ttl": 90}, headers=only_old)).json()["default_ttl"] == 90
    assert (await client.delete(path, headers=only_old)).status_code == 204
