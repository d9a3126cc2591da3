"""What one caller was given is of no use to another with the very same scopes."""

from typing import Any

import httpx

from tests.integration.security.conftest import ClientOf, upload_to
from tests.support.tus import BYTES, TUS

SCOPES = [{"actions": ["read", "list", "write", "delete"], "bucket": "default"}]


async def twins(client_of: ClientOf) -> tuple[httpx.AsyncClient, httpx.AsyncClient]:
    return await client_of(SCOPES), await client_of(SCOPES)


async def test_a_cursor_is_foreign_to_the_other(client_of: ClientOf) -> None:
    one, other = await twins(client_of)
    for name in "abc":
        assert (await one.put(f"/v1/buckets/default/files/cursor-{name}", content=b"x")).is_success
    params: dict[str, Any] = {"bucket": "default", "limit": 1}
    cursor = (await one.get("/v1/files", params=params)).json()["next"]
    assert (await one.get("/v1/files", params={**params, "cursor": cursor})).status_code == 200
    refused = await other.get("/v1/files", params={**params, "cursor": cursor})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_cursor")


async def test_an_idempotency_key_is_its_callers_own(client_of: ClientOf) -> None:
    one, other = await twins(client_of)
    headers = {"Idempotency-Key": '"the-same"'}
    first = await one.put("/v1/buckets/default/files/keyed-1", content=b"one", headers=headers)
    second = await other.put("/v1/buckets/default/files/keyed-2", content=b"other", headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert (await one.put("/v1/buckets/default/files/keyed-1", content=b"one", headers=headers)).json() == first.json()
    assert (await other.get("/v1/buckets/default/files/keyed-2")).content == b"other"


async def test_a_repeat_is_judged_by_the_rights_of_now(root: httpx.AsyncClient, client_of: ClientOf) -> None:
    one = await client_of(SCOPES)
    headers = {"Idempotency-Key": '"narrowed"'}
    path = "/v1/buckets/default/files/repeated"
    stored = await one.put(path, content=b"one", headers=headers)
    assert stored.status_code == 201
    id_ = stored.json()["id"]
    copy: dict[str, Any] = {"json": {"name": "repeated-copy"}, "headers": {"Idempotency-Key": '"narrowed-copy"'}}
    assert (await one.post(f"/v1/files/{id_}/copy", **copy)).status_code == 201
    operation = {"op": "copy", "id": id_, "to": {"name": "repeated-in-batch"}}
    batch: dict[str, Any] = {
        "json": {"operations": [operation]},
        "headers": {"Idempotency-Key": '"narrowed-batch"'},
    }
    assert (await one.post("/v1/batch", **batch)).json()["results"][0]["status"] == 201
    key = next(each for each in (await root.get("/v1/keys", params={"limit": 1})).json()["items"])
    narrowed = {"scopes": [{"actions": ["write"], "bucket": "default", "prefix": "elsewhere/"}]}
    changed = await root.patch(f"/v1/keys/{key['id']}", json=narrowed)
    assert changed.status_code == 200, changed.text
    assert (await one.put(path, content=b"one", headers=headers)).status_code == 403
    assert (await one.post(f"/v1/files/{id_}/copy", **copy)).status_code == 403
    [result] = (await one.post("/v1/batch", **batch)).json()["results"]
    assert (result["status"], "file" in result) == (403, False)


async def test_an_upload_is_missing_to_the_other_and_not_disturbed(client_of: ClientOf) -> None:
    one, other = await twins(client_of)
    begun = await one.post("/v1/uploads", headers={**TUS, **upload_to("default", "tus"), "Upload-Length": "4"})
    assert begun.status_code == 201, begun.text
    url = begun.headers["location"]
    assert (await other.head(url, headers=TUS)).status_code == 404
    assert (await other.patch(url, headers={**BYTES, "Upload-Offset": "0"}, content=b"evil")).status_code == 404
    assert (await other.delete(url, headers=TUS)).status_code == 404
    final = {"Upload-Concat": f"final;{url}", **upload_to("default", "stolen")}
    assert (await other.post("/v1/uploads", headers={**TUS, **final})).status_code == 400
    assert (await one.patch(url, headers={**BYTES, "Upload-Offset": "0"}, content=b"good")).status_code == 204
    assert (await one.get("/v1/buckets/default/files/tus")).content == b"good"
    listed = await other.get("/v1/uploads", params={"bucket": "default"})
    assert url.rpartition("/")[2] not in listed.text


async def test_a_job_is_missing_to_the_other(client_of: ClientOf) -> None:
    one, other = await twins(client_of)
    job = (await one.post("/v1/jobs", json={"kind": "delete", "bucket": "default", "prefix": "none/"})).json()
    for method in ("GET", "DELETE"):
        assert (await other.request(method, f"/v1/jobs/{job['id']}")).status_code == 404
    assert (await other.get("/v1/jobs")).json()["items"] == []
    assert (await one.get(f"/v1/jobs/{job['id']}")).status_code == 200


async def test_a_link_is_missing_to_the_other(client_of: ClientOf) -> None:
    one, other = await twins(client_of)
    file = (await one.put("/v1/buckets/default/files/linked", content=b"x")).json()
    link = (await one.post(f"/v1/files/{file['id']}/links", json={})).json()
    for method in ("GET", "DELETE"):
        assert (await other.request(method, f"/v1/links/{link['id']}")).status_code == 404
    assert (await other.get(f"/v1/files/{file['id']}/links")).json()["items"] == []
    assert (await one.get(f"/v1/links/{link['id']}")).status_code == 200
