"""Batches over HTTP."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from domain.batches.model import MAX_OPERATIONS
from domain.errors import OutcomeUnknownError
from tests.fakes.database import CATALOG_DOWN, FakeDatabase

FILES = "/v1/buckets/default/files"
Json = dict[str, Any]


async def store(client: httpx.AsyncClient, name: str) -> Json:
    return dict((await client.put(f"{FILES}/{name}", content=b"text")).json())


async def results(client: httpx.AsyncClient, *operations: Json) -> list[Json]:
    answer = await client.post("/v1/batch", json={"operations": operations})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return list(answer.json()["results"])


async def test_each_operation_has_the_answer_that_it_would_have_alone(client: httpx.AsyncClient) -> None:
    await client.put("/v1/buckets/archive", json={})
    files = [await store(client, name) for name in ("a", "b", "c")]
    deleted, copied, moved, patched = await results(
        client,
        {"op": "delete", "id": files[0]["id"], "if_match": files[0]["etag"]},
        {"op": "copy", "id": files[1]["id"], "to": {"name": "copy"}},
        {"op": "move", "bucket": "default", "name": "b", "to": {"bucket": "archive", "name": "old/b"}},
        {"op": "patch", "id": files[2]["id"], "patch": {"metadata": {"k": 1}, "tags": ["t"]}},
    )
    assert deleted == {"status": 204}
    assert copied == {"status": 201, "file": (await client.get(f"/v1/files/{copied['file']['id']}")).json()}
    assert moved == {"status": 200, "file": (await client.get(f"/v1/files/{files[1]['id']}")).json()}
    assert patched == {"status": 200, "file": (await client.get(f"/v1/files/{files[2]['id']}")).json()}
    assert (copied["file"]["name"], moved["file"]["bucket"], moved["file"]["name"]) == ("copy", "archive", "old/b")
    assert (patched["file"]["metadata"], patched["file"]["tags"], patched["file"]["revision"]) == ({"k": 1}, ["t"], 2)
    assert (await client.get(f"/v1/files/{files[0]['id']}")).status_code == 404


async def test_each_operation_that_is_refused_has_the_problem_that_it_would_have_alone(
    client: httpx.AsyncClient,
) -> None:
    await client.put("/v1/buckets/tiny", json={"quota_bytes": 1})
    await client.put("/v1/buckets/images", json={"allowed_types": ["image/*"]})
    file, other = await store(client, "a"), await store(client, "b")
    stale = {"If-Match": '"other"'}
    path = f"/v1/files/{file['id']}"
    alone = [
        (await client.delete(path, headers=stale)),
        (await client.delete(f"/v1/files/{uuid4()}")),
        (await client.post(f"{path}/copy", json={"name": "b"})),
        (await client.post(f"{path}/copy", json={"bucket": "nowhere"})),
        (await client.post(f"{path}/copy", json={"name": ".."})),
        (await client.patch(path, json={"bucket": "tiny"})),
        (await client.patch(path, json={"bucket": "images"})),
        (await client.patch(path, json={"name": "b"})),
        (await client.patch(path, json={"metadata": {"a": "\0"}})),
        (await client.patch(path, json={"tags": ["x"]}, headers=stale)),
    ]
    id_ = {"id": file["id"]}
    batch = await results(
        client,
        {"op": "delete", **id_, "if_match": '"other"'},
        {"op": "delete", "id": str(uuid4())},
        {"op": "copy", **id_, "to": {"name": "b"}},
        {"op": "copy", **id_, "to": {"bucket": "nowhere"}},
        {"op": "copy", **id_, "to": {"name": ".."}},
        {"op": "move", **id_, "to": {"bucket": "tiny"}},
        {"op": "move", **id_, "to": {"bucket": "images"}},
        {"op": "patch", **id_, "patch": {"name": "b"}},
        {"op": "patch", **id_, "patch": {"metadata": {"a": "\0"}}},
        {"op": "patch", **id_, "patch": {"tags": ["x"]}, "if_match": '"other"'},
    )
    assert batch == [{"status": answer.status_code, "problem": answer.json()} for answer in alone]
    assert {result["status"] for result in batch} == {400, 404, 409, 412, 415, 507}
    for each in (file, other):
        assert (await client.get(f"/v1/files/{each['id']}")).json() == each


async def test_a_refusal_holds_up_nothing(client: httpx.AsyncClient) -> None:
    files = [await store(client, name) for name in ("a", "b", "c")]
    refused = {"op": "delete", "id": str(uuid4())}
    operations = [each for file in files for each in (refused, {"op": "delete", "id": file["id"]})]
    assert [result["status"] for result in await results(client, *operations)] == [404, 204] * 3


async def test_a_star_asks_only_that_the_file_is_there(client: httpx.AsyncClient) -> None:
    file = await store(client, "a")
    operation = {"op": "delete", "id": file["id"], "if_match": "*"}
    assert [result["status"] for result in await results(client, operation, operation)] == [204, 404]


async def test_a_file_of_any_unicode_name_is_named_by_it(client: httpx.AsyncClient) -> None:
    await store(client, "日本/%25 é")
    [result] = await results(client, {"op": "delete", "bucket": "default", "name": "日本/% é"})
    assert result == {"status": 204}


ID = "019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27"


@pytest.mark.parametrize(
    ("body", "said", "code"),
    [
        ({}, "operations", "invalid_input"),
        ([], "object", "invalid_input"),
        ({"operations": []}, "length >= 1", "invalid_input"),
        ({"operations": [{"op": "delete", "id": ID}] * (MAX_OPERATIONS + 1)}, "length <= 1000", "invalid_input"),
        ({"operations": [{"op": "delete", "id": ID}], "x": 1}, "x", "invalid_input"),
        ({"operations": [{"op": "erase", "id": ID}]}, "erase", "invalid_input"),
        ({"operations": [{"id": ID}]}, "`operations[0]", "invalid_input"),
        ({"operations": [{"op": "delete"}]}, "operations[0]", "invalid_input"),
        ({"operations": [{"op": "delete", "id": ID, "bucket": "b", "name": "n"}]}, "operations[0]", "invalid_input"),
        ({"operations": [{"op": "delete", "bucket": "b"}]}, "operations[0]", "invalid_input"),
        ({"operations": [{"op": "delete", "id": "x"}]}, "`operations[0].id", "invalid_input"),
        ({"operations": [{"op": "delete", "id": ID, "to": {}}]}, "`to`", "invalid_input"),
        ({"operations": [{"op": "move", "id": ID, "to": {}}]}, "operations[0].to", "invalid_input"),
        ({"operations": [{"op": "copy", "id": ID, "to": {}}]}, "operations[0].to", "invalid_input"),
        ({"operations": [{"op": "patch", "id": ID, "patch": {"size": 1}}]}, "`size`", "invalid_input"),
        ({"operations": [{"op": "delete", "id": ID, "if_match": "x"}]}, "operations[0].if_match", "invalid_condition"),
        ({"operations": [{"op": "delete", "id": ID, "if_match": ""}]}, "operations[0].if_match", "invalid_condition"),
    ],
)
async def test_a_batch_that_is_not_one_does_nothing(
    client: httpx.AsyncClient, body: object, said: str, code: str
) -> None:
    answer = await client.post("/v1/batch", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert said in answer.json()["detail"]


async def test_as_many_operations_as_there_may_be_are_done_in_their_order(client: httpx.AsyncClient) -> None:
    file = await store(client, "a")
    names = [f"{number}-{'é' * 500}" for number in range(MAX_OPERATIONS)]
    moves = [{"op": "move", "id": file["id"], "to": {"name": name}} for name in names]
    assert [result["file"]["name"] for result in await results(client, *moves)] == names


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/v1/batch", content=b" " * (4 * 1024 * 1024 + 1), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_a_catalog_that_is_down_does_nothing_of_the_batch(
    client: httpx.AsyncClient, database: FakeDatabase
) -> None:
    database.fail_with = CATALOG_DOWN
    answer = await client.post("/v1/batch", json={"operations": [{"op": "delete", "id": ID}]})
    assert (answer.status_code, answer.json()["code"]) == (503, "catalog_unavailable")
    assert int(answer.headers["retry-after"]) > 0


async def test_an_unknown_outcome_is_answered_for_each_operation(
    client: httpx.AsyncClient, database: FakeDatabase
) -> None:
    database.fail_with = OutcomeUnknownError("The catalog went away while a change was being committed.")
    batch = await results(client, *[{"op": "delete", "id": ID}] * 60)
    assert {result["status"] for result in batch} == {503}
    assert [result["problem"]["code"] for result in batch] == ["outcome_unknown"] * 50 + ["not_attempted"] * 10
