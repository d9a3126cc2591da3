"""Files whose names are no paths, as the S3 protocol stores them: `/v1` serves them, and makes no new ones."""

import io
import zipfile
import zlib
from urllib.parse import quote

import httpx
import pytest

from tests.contracts.setup import inlined, stored
from tests.fakes.catalog import FakeCatalog

BUCKET = "/v1/buckets/default"
# The router takes a path with nothing but slashes for the one without a name.
SLASHES = ["/", "//"]
NAMES = ["/a", "a/", "a//b", "a/../b", "./a", "..", "a/./", *SLASHES]


def url_of(name: str) -> httpx.URL | str:
    """Return the URL of a file by its name, of which every character is escaped."""
    escaped = quote(name, safe="").replace(".", "%2E")
    return httpx.URL("http://fileport.test", raw_path=f"{BUCKET}/files/{escaped}".encode())


@pytest.mark.parametrize("name", NAMES)
async def test_it_is_listed_read_changed_and_deleted(
    client: httpx.AsyncClient, catalog: FakeCatalog, name: str
) -> None:
    file = await stored(catalog, name=name, blob=inlined(b"text", size=4))
    assert [each["name"] for each in (await client.get("/v1/files")).json()["items"]] == [name]
    assert (await client.get("/v1/files", params={"name": name})).json()["items"] != []
    by_id = f"/v1/files/{file.id}"
    for url in [f"{by_id}/content"] if name in SLASHES else [f"{by_id}/content", url_of(name)]:
        answer = await client.get(url)
        assert (answer.status_code, answer.content) == (200, b"text")
        saved = answer.headers["content-disposition"].partition("filename=")[2]
        assert saved in {'"a"', '"b"', '"_"'}
    changed = await client.patch(by_id, json={"name": name, "tags": ["new"]})
    assert (changed.status_code, changed.json()["name"]) == (200, name)
    assert (await client.delete(by_id if name in SLASHES else url_of(name))).status_code == 204
    assert (await client.get(by_id)).status_code == 404


@pytest.mark.parametrize("name", NAMES)
async def test_no_other_file_gets_such_a_name(client: httpx.AsyncClient, catalog: FakeCatalog, name: str) -> None:
    path = (await client.put(f"{BUCKET}/files/path", content=b"1")).json()
    sent = {"size": 1, "bucket": "default", "name": name}
    answers = [
        await client.post(f"{BUCKET}/files", data={"name": name}, files={"file": b"1"}),
        await client.patch(f"/v1/files/{path['id']}", json={"name": name}),
        await client.post(f"/v1/files/{path['id']}/copy", json={"name": name}),
        await client.post("/v1/direct-uploads", json=sent),
        await client.post(f"{BUCKET}/upload-links", json={"name": name}),
    ]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(400, "invalid_name")] * len(answers)
    copying = {"op": "copy", "id": path["id"], "to": {"name": name}}
    [copied] = (await client.post("/v1/batch", json={"operations": [copying]})).json()["results"]
    assert copied["problem"]["code"] == "invalid_name"
    assert [file.name for file in catalog.database.files.values()] == ["path"]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SLASHES])
async def test_no_file_is_put_under_it(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.put(url_of(name), content=b"1")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_name")


async def test_a_copy_keeps_it_in_another_bucket(client: httpx.AsyncClient, catalog: FakeCatalog) -> None:
    await client.put("/v1/buckets/other", json={})
    file = await stored(catalog, name="a//b")
    copy = await client.post(f"/v1/files/{file.id}/copy", json={"bucket": "other"})
    assert (copy.status_code, copy.json()["name"]) == (201, "a//b")


async def test_in_an_archive_it_leads_nowhere(client: httpx.AsyncClient, catalog: FakeCatalog) -> None:
    for name in NAMES:
        await stored(catalog, name=name, blob=inlined(b"text", size=4, crc32=zlib.crc32(b"text")))
    answer = await client.get("/v1/archive", params={"bucket": "default"})
    assert answer.status_code == 200
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert len(set(names)) == len(NAMES)
    assert not any({"", ".", ".."} & set(name.split("/")) for name in names)
