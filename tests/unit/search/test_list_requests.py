"""Finding files over HTTP; the catalog's contract has the results of each filter."""

import json
from typing import Any

import httpx
import pytest

from domain.errors import QueryTooExpensiveError
from tests.fakes.database import FakeDatabase

FILES = "/v1/buckets/default/files"


async def store(client: httpx.AsyncClient, name: str, metadata: dict[str, Any], tags: str = "") -> None:
    await client.post(
        FILES,
        data={"name": name, "metadata": json.dumps(metadata), "tags": tags},
        files={"file": (name, name.encode())},
    )


async def names(client: httpx.AsyncClient, **parameters: Any) -> list[str]:
    answer = await client.get("/v1/files", params=parameters)
    assert answer.status_code == 200, answer.text
    return [file["name"] for file in answer.json()["items"]]


async def test_every_filter_of_the_api_reaches_the_catalog(client: httpx.AsyncClient) -> None:
    await store(client, "a/one.txt", {"n": 1, "artist": "Queen"}, "red,big")
    await store(client, "b/two words.jpg", {"n": 2}, "red")
    await client.put("/v1/buckets/other", json={})
    assert await names(client, bucket="other") == []
    assert await names(client, prefix="a/") == ["a/one.txt"]
    assert await names(client, name="b/two words.jpg") == ["b/two words.jpg"]
    assert await names(client, search="WORD two") == ["b/two words.jpg"]
    assert await names(client, content_type="image/*") == ["b/two words.jpg"]
    assert await names(client, tag=["red", "big"]) == ["a/one.txt"]
    assert await names(client, metadata='{"n": 2}') == ["b/two words.jpg"]
    assert await names(client, where='{"metadata.artist": {"ilike": "q%"}}') == ["a/one.txt"]
    assert await names(client, min_size=10) == ["b/two words.jpg"]
    assert await names(client, max_size=10) == ["a/one.txt"]
    assert await names(client, created_after="2026-01-01T00:00:00Z", sort="name") == ["a/one.txt", "b/two words.jpg"]
    assert await names(client, created_before="2026-01-01T00:00:00Z") == []
    assert await names(client, updated_after="2026-01-01T00:00:01Z") == []
    assert await names(client, updated_before="2026-01-01T01:00:01+01:00", sort="-name", limit=1) == ["b/two words.jpg"]


@pytest.mark.parametrize(
    ("bucket", "status", "code"), [("nowhere", 404, "bucket_not_found"), ("No", 400, "invalid_bucket")]
)
@pytest.mark.parametrize("listing", ["files", "uploads"])
async def test_a_list_of_a_bucket_that_does_not_exist_says_so(
    client: httpx.AsyncClient, listing: str, bucket: str, status: int, code: str
) -> None:
    answer = await client.get(f"/v1/{listing}", params={"bucket": bucket})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await client.get(f"/v1/{listing}", params={"bucket": "default"})).json()["items"] == []


async def test_pages_follow_one_another_by_cursor_or_by_offset(client: httpx.AsyncClient) -> None:
    for index in range(5):
        await store(client, f"{index}", {})
    first = (await client.get("/v1/files", params={"sort": "name", "limit": 2, "total": "true"})).json()
    assert ([file["name"] for file in first["items"]], first["limit"], first["offset"], first["total"]) == (
        ["0", "1"],
        2,
        0,
        5,
    )
    seen = ["0", "1"]
    cursor = first["next"]
    while cursor:
        page = (await client.get("/v1/files", params={"sort": "name", "limit": 2, "cursor": cursor})).json()
        assert page["total"] is None
        seen += [file["name"] for file in page["items"]]
        cursor = page["next"]
    assert seen == ["0", "1", "2", "3", "4"]
    assert await names(client, sort="name", offset=3) == ["3", "4"]
    assert await names(client, offset=2**31) == []


@pytest.mark.parametrize(
    ("parameters", "code", "named"),
    [
        ({"cursor": "nonsense"}, "invalid_cursor", "cursor"),
        ({"sort": "shoe_size"}, "invalid_sort", "shoe_size"),
        ({"where": "{"}, "invalid_filter", "where"),
        ({"where": "[" * 5000}, "invalid_filter", "where"),
        ({"where": '{"shoe_size": {"eq": 1}}'}, "invalid_filter", "shoe_size"),
        ({"metadata": "nope"}, "invalid_filter", "metadata"),
        ({"metadata": "[]"}, "invalid_metadata", "object"),
        ({"content_type": "image"}, "invalid_content_type", "type"),
        ({"search": "?!"}, "invalid_filter", "search"),
        ({"name": "a\0"}, "invalid_filter", "NUL"),
        ({"created_after": "yesterday"}, "invalid_request", "created_after"),
        ({"created_after": "2026-01-01T00:00:00"}, "invalid_filter", "created_after"),
        ({"created_after": "5"}, "invalid_request", "created_after"),
        ({"updated_before": "1e9"}, "invalid_request", "updated_before"),
        ({"created_before": "null"}, "invalid_request", "created_before"),
        ({"min_size": "null"}, "invalid_request", "min_size"),
        ({"max_size": "NULL"}, "invalid_request", "max_size"),
        ({"limit": "0"}, "invalid_request", "limit"),
        ({"limit": "1001"}, "invalid_request", "limit"),
        ({"limit": "x"}, "invalid_request", "limit"),
        ({"offset": "-1"}, "invalid_request", "offset"),
        ({"offset": str(2**40)}, "invalid_request", "offset"),
        ({"min_size": "-1"}, "invalid_request", "min_size"),
        ({"min_size": str(10**30)}, "invalid_request", "min_size"),
        ({"total": "perhaps"}, "invalid_request", "total"),
        ({"updated_before": "2026-11-01T00:00:00 02:00"}, "invalid_request", "%2B"),
        ({"created_after": "2026-11-01T00:00:00.5 0200"}, "invalid_request", "%2B"),
        # Long ones are no work.
        ({"created_after": "x" * 60_000}, "invalid_request", "created_after"),
        ({"content_type": "x" * 60_000}, "invalid_content_type", "type"),
        ({"content_type": "image/svg xml"}, "invalid_content_type", "%2B"),
        ({"where": '{"created_at": {"gt": "2026-11-01T00:00:00 02:00"}}'}, "invalid_filter", "%2B"),
        ({"where": '{"content_type": {"eq": "image/svg xml"}}'}, "invalid_filter", "%2B"),
        ({"where": '{"not": {"or": [{"content_type": {"in": ["a/b", "a/b c"]}}]}}'}, "invalid_filter", "%2B"),
        ({"limit": ["1", "1"]}, "invalid_request", "limit"),
        ({"name": ["a", "b"]}, "invalid_request", "name"),
        ({"where": ["{}", "{}"]}, "invalid_request", "where"),
        ({"created_after": ["2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z"]}, "invalid_request", "created_after"),
        ({"prefxi": "a"}, "invalid_filter", "prefxi"),
        ({"list_files": "x"}, "invalid_filter", "list_files"),
        ({"request": "x"}, "invalid_filter", "request"),
    ],
)
async def test_a_parameter_that_is_not_understood_is_named(
    client: httpx.AsyncClient, parameters: dict[str, str | list[str]], code: str, named: str
) -> None:
    answer = await client.get("/v1/files", params=parameters)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert named in answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "content_type=image/svg%2Bxml&created_after=2026-01-01T00:00:00%2B01:00",
        'where={"content_type":{"eq":"image/svg%2Bxml"},"created_at":{"gt":"2025-11-01T00:00:00%2B02:00"}}',
        'where={"content_type":{"like":"image/svg xml%25"}}'.replace("svg xml", "svg_xml"),
        'where={"name":{"eq":"a/b+c.svg"}}',
        "name=a/b+c.svg",
        '\ufeffwhere={"size":{"gt":0}}'.replace("\ufeffwhere=", "where=\ufeff"),
    ],
)
async def test_an_escaped_plus_is_one(client: httpx.AsyncClient, query: str) -> None:
    await client.put(f"{FILES}/a/b%20c.svg", content=b"x")
    answer = await client.get(f"/v1/files?{query}")
    assert [file["name"] for file in answer.json()["items"]] == ["a/b c.svg"]


async def test_a_search_that_is_too_expensive_is_503_and_says_how_to_narrow_it(
    client: httpx.AsyncClient, database: FakeDatabase
) -> None:
    database.fail_with = QueryTooExpensiveError(QueryTooExpensiveError.example)
    answer = await client.get("/v1/files", params={"sort": "metadata.rating", "total": "true"})
    assert (answer.status_code, answer.json()["code"]) == (503, "query_too_expensive")
    assert "filter by bucket" in answer.json()["detail"]
    assert answer.headers["retry-after"] == "10"
