"""Changing, copying and deleting files over HTTP."""

from typing import Any

import anyio
import httpx
import pytest

from tests.fakes.files import FakeFiles

FILES = "/v1/buckets/default/files"


async def store(client: httpx.AsyncClient, name: str = "a.txt", content: bytes = b"text") -> dict[str, Any]:
    answer = await client.put(f"{FILES}/{name}", content=content)
    file: dict[str, Any] = answer.json()
    return file


async def test_a_merge_patch_changes_the_fields_that_it_names_and_nothing_else(client: httpx.AsyncClient) -> None:
    file = await store(client)
    first = await client.patch(
        f"/v1/files/{file['id']}",
        json={"metadata": {"a": {"b": 1, "c": 2}, "d": 3}, "tags": ["x"], "expires_at": "2027-01-01T01:00:00+01:00"},
    )
    assert first.status_code == 200
    assert first.headers["etag"] == first.json()["etag"] != file["etag"]
    second = await client.patch(
        f"/v1/files/{file['id']}",
        content=b'{"metadata": {"a": {"b": null}, "e": 4}, "content_type": "text/markdown"}',
        headers={"Content-Type": "application/merge-patch+json"},
    )
    changed = second.json()
    assert changed["metadata"] == {"a": {"c": 2}, "d": 3, "e": 4}
    assert (changed["tags"], changed["expires_at"]) == (["x"], "2027-01-01T00:00:00Z")
    assert (changed["content_type"], changed["name"], changed["revision"]) == ("text/markdown", "a.txt", 3)
    third = (
        await client.patch(f"/v1/files/{file['id']}", json={"metadata": None, "tags": None, "expires_at": None})
    ).json()
    assert (third["metadata"], third["tags"], third["expires_at"]) == ({}, [], None)


async def test_a_file_is_renamed_and_moved_without_its_bytes(client: httpx.AsyncClient) -> None:
    await client.put("/v1/buckets/archive", json={})
    file = await store(client)
    answer = await client.patch(f"/v1/files/{file['id']}", json={"name": "old/b.txt", "bucket": "archive"})
    assert (answer.json()["bucket"], answer.json()["name"]) == ("archive", "old/b.txt")
    assert (await client.get("/v1/buckets/archive/files/old/b.txt")).content == b"text"
    assert (await client.get(f"{FILES}/a.txt")).status_code == 404
    assert (await client.get("/v1/buckets/archive")).json()["usage"] == {"bytes": 4, "files": 1}
    assert (await client.get("/v1/buckets/default")).json()["usage"] == {"bytes": 0, "files": 0}


@pytest.mark.parametrize(
    ("patch", "status", "code"),
    [
        ({"name": "taken"}, 409, "name_taken"),
        ({"name": "a//b"}, 400, "invalid_name"),
        ({"name": None}, 400, "invalid_input"),
        ({"bucket": "nowhere"}, 404, "bucket_not_found"),
        ({"bucket": "IMPOSSIBLE"}, 400, "invalid_bucket"),
        ({"bucket": "images"}, 415, "type_not_allowed"),
        ({"bucket": "tiny"}, 507, "quota_exceeded"),
        ({"content_type": "nonsense"}, 400, "invalid_content_type"),
        ({"metadata": {"a": "\0"}}, 400, "invalid_metadata"),
        ({"metadata": {"a": "x" * 70_000}}, 400, "invalid_metadata"),
        ({"metadata": []}, 400, "invalid_input"),
        ({"tags": ["a,b"]}, 400, "invalid_tags"),
        ({"tags": "a"}, 400, "invalid_input"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "invalid_expiry"),
        ({"expires_at": "2030-01-01T00:00:00"}, 400, "invalid_time"),
        ({"expires_at": "9999-12-31T23:59:59-10:00"}, 400, "invalid_time"),
        ({"expires_at": "soon"}, 400, "invalid_input"),
        ({"size": 5}, 400, "invalid_input"),
        ([], 400, "invalid_input"),
    ],
)
async def test_a_patch_that_cannot_be_changes_nothing(
    client: httpx.AsyncClient, patch: object, status: int, code: str
) -> None:
    await client.put("/v1/buckets/images", json={"allowed_types": ["image/*"]})
    await client.put("/v1/buckets/tiny", json={"quota_bytes": 1})
    await store(client, "taken")
    file = await store(client)
    answer = await client.patch(f"/v1/files/{file['id']}", json=patch)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get(f"/v1/files/{file['id']}")).json() == file


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"name": "\xff"}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b" " * 1_100_000, "application/json", 413),
    ],
)
async def test_a_body_that_is_not_json_is_refused(
    client: httpx.AsyncClient, content: bytes, content_type: str, status: int
) -> None:
    file = await store(client)
    answer = await client.patch(
        f"/v1/files/{file['id']}", content=content, headers={"Content-Type": content_type} if content_type else {}
    )
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_of_many_conditional_changes_exactly_one_wins(client: httpx.AsyncClient) -> None:
    file = await store(client)
    statuses: list[int] = []

    async def change(index: int) -> None:
        answer = await client.patch(
            f"/v1/files/{file['id']}", json={"metadata": {"winner": index}}, headers={"If-Match": file["etag"]}
        )
        statuses.append(answer.status_code)

    async with anyio.create_task_group() as tasks:
        for index in range(50):
            tasks.start_soon(change, index)
    assert sorted(statuses) == [200] + [412] * 49


async def test_a_change_in_between_is_kept_and_the_patch_applied_to_it(
    client: httpx.AsyncClient, files: FakeFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await store(client)
    change_file = files.change_file

    async def interfere_once(changed: Any) -> Any:
        monkeypatch.setattr(files, "change_file", change_file)
        await client.patch(f"/v1/files/{file['id']}", json={"metadata": {"theirs": 1}})
        return await change_file(changed)

    monkeypatch.setattr(files, "change_file", interfere_once)
    answer = await client.patch(f"/v1/files/{file['id']}", json={"metadata": {"ours": 2}})
    assert answer.json()["metadata"] == {"theirs": 1, "ours": 2}


async def test_a_copy_shares_the_bytes_and_outlives_the_original(client: httpx.AsyncClient) -> None:
    file = await store(client)
    await client.patch(f"/v1/files/{file['id']}", json={"metadata": {"k": 1}, "tags": ["t"]})
    answer = await client.post(f"/v1/files/{file['id']}/copy", json={"name": "copy.txt"})
    assert answer.status_code == 201
    copy = answer.json()
    assert answer.headers["location"] == f"/v1/files/{copy['id']}"
    assert (copy["name"], copy["metadata"], copy["tags"], copy["revision"]) == ("copy.txt", {"k": 1}, ["t"], 1)
    assert copy["sha256"] == file["sha256"]
    assert (await client.delete(f"/v1/files/{file['id']}")).status_code == 204
    assert (await client.get(f"{FILES}/copy.txt")).content == b"text"


@pytest.mark.parametrize(
    ("to", "status", "code"),
    [
        ({}, 400, "invalid_input"),
        ({"name": "a.txt"}, 409, "name_taken"),
        ({"name": ".."}, 400, "invalid_name"),
        ({"bucket": "nowhere"}, 404, "bucket_not_found"),
        ({"bucket": "-"}, 400, "invalid_bucket"),
        ({"nmae": "b"}, 400, "invalid_input"),
    ],
)
async def test_a_copy_that_cannot_be_is_refused(
    client: httpx.AsyncClient, to: dict[str, str], status: int, code: str
) -> None:
    file = await store(client)
    answer = await client.post(f"/v1/files/{file['id']}/copy", json=to)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("path", ["/v1/files/{id}", "/v1/buckets/{bucket}/files/{name}"])
async def test_a_deleted_file_is_gone_at_once_and_its_name_is_free(client: httpx.AsyncClient, path: str) -> None:
    file = await store(client)
    url = path.format_map(file)
    stale = await client.delete(url, headers={"If-Match": '"other"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    fresh = await client.delete(url, headers={"If-Match": file["etag"]})
    assert (fresh.status_code, fresh.content) == (204, b"")
    again = await client.delete(url)
    assert (again.status_code, again.json()["code"]) == (404, "file_not_found")
    assert (await store(client))["id"] != file["id"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("nowhere/files/a", 404, "file_not_found"),
        ("No/files/a", 400, "invalid_bucket"),
        ("default/files/a//b", 404, "file_not_found"),
        ("default/files/%FF", 400, "invalid_name"),
    ],
)
async def test_only_a_file_that_can_be_there_is_deleted_by_its_name(
    client: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    answer = await client.delete(f"/v1/buckets/{path}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
