"""Rules of every tus request."""

import httpx
import pytest

from tests.support.tus import BYTES, TUS, UPLOADS, encoded
from tests.unit.uploads.requests import begin, offset


async def test_options_name_the_abilities_of_the_server_without_a_key(client: httpx.AsyncClient) -> None:
    del client.headers["authorization"]
    for path in (UPLOADS, f"{UPLOADS}/019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27"):
        answer = await client.options(path)
        assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")
        assert answer.headers["tus-version"] == "1.0.0"
        assert answer.headers["tus-max-size"] == str(16 * 1024 * 1024)
        assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256,md5,crc32"
        assert set(answer.headers["tus-extension"].split(",")) == {
            "creation",
            "creation-with-upload",
            "creation-defer-length",
            "expiration",
            "checksum",
            "checksum-trailer",
            "termination",
            "concatenation",
            "concatenation-unfinished",
        }


@pytest.mark.parametrize("version", [{}, {"Tus-Resumable": "0.2.2"}])
async def test_another_version_is_refused_and_nothing_is_done(
    client: httpx.AsyncClient, version: dict[str, str]
) -> None:
    url = await begin(client)
    requests = [("POST", UPLOADS), ("HEAD", url), ("PATCH", url), ("DELETE", url)]
    for method, path in requests:
        headers = {**BYTES, "Upload-Length": "1", "Upload-Offset": "0", **version}
        if not version:
            del headers["Tus-Resumable"]
        answer = await client.request(method, path, headers=headers)
        assert answer.status_code == 412
        assert (answer.headers["tus-version"], answer.headers["tus-resumable"]) == ("1.0.0", "1.0.0")
        if method != "HEAD":
            assert answer.json()["code"] == "unsupported_tus_version"
    assert await offset(client, url) == 0


async def test_every_answer_says_the_version_errors_too(client: httpx.AsyncClient) -> None:
    unknown = f"{UPLOADS}/019a6b1e-5d2c-7c41-9f4e-3b8a1d6e0f27"
    for answer in (
        await client.head(unknown, headers=TUS),
        await client.get(UPLOADS),
        await client.put(unknown),
        await client.head(f"{UPLOADS}/nonsense", headers=TUS),
        await client.post(UPLOADS, headers={**TUS, "Authorization": "Bearer wrong"}),
    ):
        assert answer.headers.get_list("tus-resumable") == ["1.0.0"]


async def test_a_method_may_be_named_by_a_header(client: httpx.AsyncClient) -> None:
    url = await begin(client, 3)
    answer = await client.post(
        url, content=b"012", headers={**BYTES, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    )
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, "3")
    assert (await client.post(url, headers={**TUS, "X-HTTP-Method-Override": "delete"})).status_code == 204
    assert (await client.head(url, headers=TUS)).status_code == 404


async def test_an_answer_to_a_request_that_is_taken_for_head_has_no_body(client: httpx.AsyncClient) -> None:
    url = await begin(client, 3)
    for place, status in ((url, 200), (f"{UPLOADS}/nonsense", 404)):
        answer = await client.post(place, headers={**TUS, "X-HTTP-Method-Override": "HEAD"})
        assert (answer.status_code, answer.content) == (status, b"")
        assert answer.headers.get("content-length", "0") == "0"


async def test_no_other_part_of_the_api_takes_a_method_from_a_header(client: httpx.AsyncClient) -> None:
    file = (await client.put("/v1/buckets/default/files/a", content=b"1")).json()
    answer = await client.post(f"/v1/files/{file['id']}", headers={**TUS, "X-HTTP-Method-Override": "DELETE"})
    assert answer.status_code == 405


@pytest.mark.parametrize(
    "name", ["Upload-Length", "Upload-Defer-Length", "Upload-Metadata", "Upload-Concat", "Upload-Checksum"]
)
async def test_a_header_of_a_creation_that_stands_twice_is_refused(client: httpx.AsyncClient, name: str) -> None:
    values = {"Upload-Length": "3", "Upload-Metadata": encoded(filename="a"), "Upload-Concat": "partial"}
    values |= {"Upload-Checksum": "md5 kAFQmDzST7DWlj99KOF/cg=="}
    if name == "Upload-Defer-Length":
        values = {name: "1"}
    once = [*BYTES.items(), *values.items()]
    answer = await client.post(UPLOADS, content=b"abc", headers=[*once, (name, values[name])])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_upload")
    assert name in answer.json()["detail"]
    assert (await client.get(UPLOADS)).json()["items"] == []


@pytest.mark.parametrize("name", ["Upload-Offset", "Upload-Length", "Upload-Checksum"])
async def test_a_header_of_an_addition_that_stands_twice_is_refused(client: httpx.AsyncClient, name: str) -> None:
    url = await begin(client, None)
    values = {"Upload-Offset": "0", "Upload-Length": "9", "Upload-Checksum": "md5 kAFQmDzST7DWlj99KOF/cg=="}
    once = [*BYTES.items(), *values.items()]
    answer = await client.patch(url, content=b"abc", headers=[*once, (name, values[name])])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_upload")
    assert name in answer.json()["detail"]
    assert (await client.head(url, headers=TUS)).headers["upload-offset"] == "0"
