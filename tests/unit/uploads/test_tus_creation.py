"""Uploads begin: with a description, with their first bytes, or with a length that comes later."""

from base64 import b64encode
from typing import Any

import httpx
import pytest

from tests.fakes.database import FakeDatabase
from tests.support.tus import BYTES, TUS, UPLOADS, encoded
from tests.unit.uploads.requests import add, begin, stored


async def test_an_upload_becomes_the_file_that_its_metadata_says(client: httpx.AsyncClient) -> None:
    await client.put("/v1/buckets/music", json={})
    given = encoded(
        bucket="music",
        filename="queen/a.flac",
        filetype="audio/x-flac",
        metadata='{"year": 1975, "artist": "Queen"}',
        tags="rock, album",
        artist="nobody",
        **{"relative-path": "ö", "empty": None},
    )
    url = await begin(client, 10, **{"Upload-Metadata": given})
    answer = await add(client, url, 0, b"0123456789")
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "10")
    file, content = await stored(client, answer)
    assert content == b"0123456789"
    assert (file["bucket"], file["name"], file["content_type"]) == ("music", "queen/a.flac", "audio/x-flac")
    assert file["metadata"] == {"year": 1975, "artist": "Queen", "relative-path": "ö", "empty": ""}
    assert file["tags"] == ["rock", "album"]
    found = await client.head(url, headers=TUS)
    assert (found.headers["upload-metadata"], found.headers["fileport-file-id"]) == (given, file["id"])
    assert (found.headers["upload-offset"], found.headers["upload-length"]) == ("10", "10")
    assert found.headers["cache-control"] == "no-store"
    assert "upload-expires" not in found.headers


async def test_without_metadata_it_has_the_uploads_id_for_a_name(client: httpx.AsyncClient) -> None:
    url = await begin(client, 1)
    file, _ = await stored(client, await add(client, url, 0, b"x"))
    assert (file["name"], file["bucket"]) == (url.rpartition("/")[2], "default")
    assert (file["content_type"], file["metadata"], file["tags"]) == ("application/octet-stream", {}, [])


async def test_an_empty_type_is_guessed_and_omitted_fields_stay_when_a_file_is_replaced(
    client: httpx.AsyncClient,
) -> None:
    path = "/v1/buckets/default/files/a.png"
    first = (await client.put(path, content=b"1")).json()
    await client.patch(f"/v1/files/{first['id']}", json={"metadata": {"k": 1}, "tags": ["t"]})
    url = await begin(client, 2, **{"Upload-Metadata": encoded(filename="a.png", filetype=None)})
    file, _ = await stored(client, await add(client, url, 0, b"22"))
    assert (file["id"], file["size"], file["content_type"]) == (first["id"], 2, "image/png")
    assert (file["metadata"], file["tags"]) == ({"k": 1}, ["t"])


async def test_an_upload_without_bytes_is_a_file_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        UPLOADS, headers={**TUS, "Upload-Length": "0", "Upload-Metadata": encoded(filename="empty")}
    )
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "0")
    assert (await stored(client, answer))[1] == b""


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload-Length": "1", "Upload-Defer-Length": "1"}, 400, "invalid_upload"),
        ({}, 400, "invalid_upload"),
        ({"Upload-Length": "-1"}, 400, "invalid_upload"),
        ({"Upload-Length": "١"}, 400, "invalid_upload"),
        ({"Upload-Length": "9" * 19}, 400, "invalid_upload"),
        ({"Upload-Defer-Length": "2"}, 400, "invalid_upload"),
        ({"Upload-Length": str(16 * 1024 * 1024 + 1)}, 413, "file_too_large"),
        ({"Upload-Length": "1", "Upload-Concat": "half"}, 400, "invalid_upload"),
        ({"Upload-Length": "1", "Upload-Metadata": "filename !"}, 400, "invalid_upload_metadata"),
        ({"Upload-Length": "1", "Upload-Metadata": "filename YQ"}, 400, "invalid_upload_metadata"),
        ({"Upload-Length": "1", "Upload-Metadata": "a YQ==,,b YQ=="}, 400, "invalid_upload_metadata"),
        ({"Upload-Length": "1", "Upload-Metadata": "a YQ==,a YQ=="}, 400, "invalid_upload_metadata"),
        ({"Upload-Length": "1", "Upload-Metadata": encoded(filename=b"\xff")}, 400, "invalid_upload_metadata"),
        ({"Upload-Length": "1", "Upload-Metadata": f"a {'A' * 300_000}"}, 400, "invalid_upload_metadata"),
        ({"Upload-Length": "1", "Upload-Metadata": encoded(a=b"x" * 70_000)}, 400, "invalid_metadata"),
        ({"Upload-Length": "1", "Upload-Metadata": encoded(filename="a//b")}, 400, "invalid_name"),
        ({"Upload-Length": "1", "Upload-Metadata": encoded(bucket="No")}, 400, "invalid_bucket"),
        ({"Upload-Length": "1", "Upload-Metadata": encoded(bucket="none")}, 404, "bucket_not_found"),
        ({"Upload-Length": "1", "Upload-Metadata": encoded(filetype="x")}, 400, "invalid_content_type"),
        ({"Upload-Length": "1", "Upload-Metadata": encoded(metadata="[1]")}, 400, "invalid_metadata"),
        ({"Upload-Length": "1", "Upload-Metadata": encoded(tags="[1]")}, 400, "invalid_tags"),
    ],
)
async def test_an_upload_that_can_be_refused_is_refused_at_once(
    client: httpx.AsyncClient, database: FakeDatabase, headers: dict[str, str], status: int, code: str
) -> None:
    raw = [(name.encode(), value.encode()) for name, value in {**TUS, **headers}.items()]
    answer = await client.post(UPLOADS, headers=raw)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not database.blobs
    assert not database.uploads


@pytest.mark.parametrize(
    ("policy", "status", "code"),
    [
        ({"max_file_size": 9}, 413, "file_too_large"),
        ({"quota_bytes": 9}, 507, "quota_exceeded"),
        ({"allowed_types": ["image/*"]}, 415, "type_not_allowed"),
    ],
)
async def test_a_policy_is_kept_at_the_beginning_and_at_the_end(
    client: httpx.AsyncClient, policy: dict[str, Any], status: int, code: str
) -> None:
    await client.put("/v1/buckets/b", json=policy)
    given = {"Upload-Metadata": encoded(bucket="b", filename="a", filetype="text/plain")}
    refused = await client.post(UPLOADS, headers={**TUS, "Upload-Length": "10", **given})
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    await client.put("/v1/buckets/b", json={})
    url = await begin(client, 10, **given)
    await client.put("/v1/buckets/b", json=policy)
    answer = await add(client, url, 0, b"0123456789")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    # Nothing is lost: once the policy lets it in, whoever asks finds it a file.
    assert (await client.head(url, headers=TUS)).status_code == status
    await client.put("/v1/buckets/b", json={})
    found = await client.head(url, headers=TUS)
    assert (await stored(client, found))[1] == b"0123456789"


async def test_a_quota_counts_the_replaced_bytes(client: httpx.AsyncClient) -> None:
    await client.put("/v1/buckets/b", json={"quota_bytes": 10})
    await client.put("/v1/buckets/b/files/a", content=b"12345678")
    given = {"Upload-Metadata": encoded(bucket="b", filename="a")}
    answer = await add(client, await begin(client, 10, **given), 0, b"0123456789")
    assert (await stored(client, answer))[0]["size"] == 10


async def test_the_first_bytes_may_come_at_once(client: httpx.AsyncClient) -> None:
    begun = await client.post(UPLOADS, content=b"012", headers={**BYTES, "Upload-Length": "10"})
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, "3")
    answer = await add(client, begun.headers["location"], 3, b"3456789")
    assert (await stored(client, answer))[1] == b"0123456789"


async def test_all_bytes_may_come_at_once(client: httpx.AsyncClient) -> None:
    begun = await client.post(UPLOADS, content=b"012", headers={**BYTES, "Upload-Length": "3"})
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, "3")
    assert (await stored(client, begun))[1] == b"012"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain"}, 415),
        ({"Upload-Length": "2"}, 413),
        ({"Upload-Checksum": f"md5 {b64encode(bytes(16)).decode()}"}, 460),
    ],
)
async def test_first_bytes_that_are_refused_leave_no_upload(
    client: httpx.AsyncClient, database: FakeDatabase, headers: dict[str, str], status: int
) -> None:
    answer = await client.post(UPLOADS, content=b"012", headers={**BYTES, "Upload-Length": "10", **headers})
    assert answer.status_code == status
    assert not database.uploads
    assert all(row.state == "condemned" for row in database.blobs.values())


async def test_a_length_may_come_with_the_last_bytes(client: httpx.AsyncClient) -> None:
    url = await begin(client, None)
    found = await client.head(url, headers=TUS)
    assert (found.headers["upload-defer-length"], found.headers["upload-offset"]) == ("1", "0")
    assert "upload-length" not in found.headers
    await add(client, url, 0, b"012")
    wrong = await add(client, url, 3, b"", **{"Upload-Length": "2"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_upload")
    large = await add(client, url, 3, b"", **{"Upload-Length": str(2**40)})
    assert (large.status_code, large.json()["code"]) == (413, "file_too_large")
    long = await add(client, url, 3, b"3456789x", **{"Upload-Length": "10"})
    assert long.status_code == 413
    answer = await add(client, url, 3, b"3456789")
    assert (await stored(client, answer))[1] == b"0123456789"


async def test_a_length_may_come_with_no_bytes_at_all(client: httpx.AsyncClient) -> None:
    url = await begin(client, None)
    await add(client, url, 0, b"012")
    answer = await add(client, url, 3, b"", **{"Upload-Length": "3"})
    assert (await stored(client, answer))[1] == b"012"


async def test_bytes_of_an_unknown_length_keep_to_the_bucket_s_limit(client: httpx.AsyncClient) -> None:
    await client.put("/v1/buckets/b", json={"max_file_size": 5})
    url = await begin(client, None, **{"Upload-Metadata": encoded(bucket="b")})
    answer = await add(client, url, 0, b"012345")
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


@pytest.mark.parametrize("condition", [{"If-None-Match": "*"}, {"If-Match": '"1"'}])
async def test_conditions_hold_at_the_beginning_and_at_the_end(
    client: httpx.AsyncClient, condition: dict[str, str]
) -> None:
    path = "/v1/buckets/default/files/a"
    given = {"Upload-Metadata": encoded(filename="a"), **condition}
    if "If-Match" in condition:
        given["If-Match"] = (await client.put(path, content=b"first")).headers["etag"]
    url = await begin(client, 3, **given)
    await client.put(path, content=b"other")
    late = await add(client, url, 0, b"012")
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    early = await client.post(UPLOADS, headers={**TUS, "Upload-Length": "3", **given})
    assert (early.status_code, early.json()["code"]) == (412, "precondition_failed")
    assert (await client.get(path)).content == b"other"
    assert (await client.get(UPLOADS)).json()["items"][0]["id"] == url.rpartition("/")[2]


async def test_a_condition_that_holds_until_the_end_lets_the_file_be_replaced(client: httpx.AsyncClient) -> None:
    path = "/v1/buckets/default/files/a"
    etag = (await client.put(path, content=b"first")).headers["etag"]
    url = await begin(client, 3, **{"Upload-Metadata": encoded(filename="a"), "If-Match": etag})
    file, content = await stored(client, await add(client, url, 0, b"012"))
    assert (content, file["revision"]) == (b"012", 2)


async def test_a_condition_that_is_none_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(UPLOADS, headers={**TUS, "Upload-Length": "3", "If-Match": "x"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_condition")
