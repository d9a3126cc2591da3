"""Content types that nobody declares: from the name, then from the bytes, the same by every way in."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.fakes.blobs.direct_access import FakeDirectAccess
from tests.fakes.catalog import FakeCatalog
from tests.support.tus import BYTES, TUS, encoded
from tests.unit.direct_uploads.direct_requests import complete, send

BUCKET = "/v1/buckets/default"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(5000)
MP3 = b"ID3\x03\0\0\0\0\0\x21" + bytes(100)
NOTHING = b"nothing that has a signature"

Store = Callable[[httpx.AsyncClient, FakeDirectAccess, str, bytes, str | None], Awaitable[httpx.Response]]


async def by_put(client: httpx.AsyncClient, _: Any, name: str, content: bytes, type_: str | None) -> httpx.Response:
    headers = {} if type_ is None else {"Content-Type": type_}
    return await client.put(f"{BUCKET}/files/{name}", content=content, headers=headers)


async def by_form(client: httpx.AsyncClient, _: Any, name: str, content: bytes, type_: str | None) -> httpx.Response:
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    head += "" if type_ is None else f"Content-Type: {type_}\r\n"
    body = f"{head}\r\n".encode() + content + b"\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    return await client.post(f"{BUCKET}/files", content=body, headers=headers)


async def by_tus(client: httpx.AsyncClient, _: Any, name: str, content: bytes, type_: str | None) -> httpx.Response:
    headers = {"Upload-Length": str(len(content)), "Upload-Metadata": encoded(filename=name, filetype=type_)}
    begun = await client.post("/v1/uploads", headers={**TUS, **headers})
    if begun.status_code != 201:
        return begun
    added = await client.patch(begun.headers["location"], content=content, headers={**BYTES, "Upload-Offset": "0"})
    if added.status_code != 204:
        return added
    return await client.get(f"/v1/files/{added.headers['fileport-file-id']}")


async def directly(
    client: httpx.AsyncClient, direct: FakeDirectAccess, name: str, content: bytes, type_: str | None
) -> httpx.Response:
    asked = {"bucket": "default", "name": name, "size": len(content), "content_type": type_}
    begun = await client.post("/v1/direct-uploads", json={key: each for key, each in asked.items() if each is not None})
    if begun.status_code != 201:
        return begun
    send(direct, begun.json(), content)
    return await complete(client, begun.json())


every_way_in = pytest.mark.parametrize("store", [by_put, by_form, by_tus, directly])


@every_way_in
@pytest.mark.parametrize(
    ("name", "content", "declared", "content_type"),
    [
        ("a.tar.gz", NOTHING, None, "application/gzip"),
        ("A.TAR.GZ", NOTHING, None, "application/gzip"),
        ("song.mp3", NOTHING, "application/octet-stream", "audio/mpeg"),
        ("a.yml", NOTHING, "binary/octet-stream", "application/yaml"),
        ("a", PNG, None, "image/png"),
        ("a", PNG, "application/octet-stream", "image/png"),
        ("a.bin", MP3, "application/x-www-form-urlencoded", "audio/mpeg"),
        ("a.txt", PNG, None, "text/plain"),
        ("a", PNG, "text/css", "text/css"),
        ("a", NOTHING, None, "application/octet-stream"),
        ("a", b"", None, "application/octet-stream"),
    ],
)
async def test_the_type_comes_from_the_declaration_then_the_name_then_the_bytes(
    client: httpx.AsyncClient,
    direct: FakeDirectAccess,
    store: Store,
    name: str,
    content: bytes,
    declared: str | None,
    content_type: str,
) -> None:
    file = (await store(client, direct, name, content, declared)).json()
    assert (file["name"], file["content_type"], file["size"]) == (name, content_type, len(content))
    assert (await client.get(f"{BUCKET}/files/{name}")).content == content


@every_way_in
async def test_a_bucket_for_a_type_takes_the_bytes_of_it_and_no_others(
    client: httpx.AsyncClient, direct: FakeDirectAccess, catalog: FakeCatalog, store: Store
) -> None:
    await client.put(BUCKET, json={"allowed_types": ["audio/mp3"]})
    assert (await store(client, direct, "song", MP3, "application/octet-stream")).json()["content_type"] == "audio/mpeg"
    assert (await store(client, direct, "declared", NOTHING, "audio/x-mp3")).json()["content_type"] == "audio/x-mp3"
    for content in (PNG, NOTHING):
        refused = await store(client, direct, "other", content, None)
        assert (refused.status_code, refused.json()["code"]) == (415, "type_not_allowed")
    assert (await client.get(BUCKET)).json()["usage"]["files"] == 2


async def test_a_body_in_small_pieces_keeps_its_bytes(client: httpx.AsyncClient) -> None:
    async def pieces() -> Any:
        for start in range(0, len(PNG), 3):
            yield PNG[start : start + 3]

    file = (await client.put(f"{BUCKET}/files/a", content=pieces())).json()
    assert (file["content_type"], file["size"]) == ("image/png", len(PNG))
    assert (await client.get(f"{BUCKET}/files/a")).content == PNG


async def test_parts_that_are_put_together_have_the_type_of_their_bytes(client: httpx.AsyncClient) -> None:
    urls = []
    for part in (PNG[:4], PNG[4:]):
        headers = {**BYTES, "Upload-Concat": "partial", "Upload-Length": str(len(part))}
        urls.append((await client.post("/v1/uploads", content=part, headers=headers)).headers["location"])
    concat = {"Upload-Concat": f"final;{' '.join(urls)}", "Upload-Metadata": encoded(filename="a")}
    final = await client.post("/v1/uploads", headers={**TUS, **concat})
    assert final.status_code == 201
    file = (await client.get(f"/v1/files/{final.headers['fileport-file-id']}")).json()
    assert (file["content_type"], file["size"]) == ("image/png", len(PNG))


@pytest.mark.parametrize(
    ("renaming", "content_type"),
    [
        ({"name": "a.md"}, "text/markdown"),
        ({"name": "a"}, "text/plain"),
        ({"name": "a.png", "content_type": "text/css"}, "text/css"),
    ],
)
async def test_a_type_from_the_name_follows_a_new_name(
    client: httpx.AsyncClient, renaming: dict[str, str], content_type: str
) -> None:
    file = (await client.put(f"{BUCKET}/files/a.txt", content=b"x")).json()
    assert (await client.patch(f"/v1/files/{file['id']}", json=renaming)).json()["content_type"] == content_type


@pytest.mark.parametrize("op", ["copy", "move"])
async def test_a_type_from_the_name_follows_a_copy_and_a_batch(client: httpx.AsyncClient, op: str) -> None:
    file = (await client.put(f"{BUCKET}/files/a", content=b"x")).json()
    copy = (await client.post(f"/v1/files/{file['id']}/copy", json={"name": "b.tar.gz"})).json()
    assert copy["content_type"] == "application/gzip"
    operation = {"op": op, "id": file["id"], "to": {"name": "c.pdf"}}
    (result,) = (await client.post("/v1/batch", json={"operations": [operation]})).json()["results"]
    assert result["file"]["content_type"] == "application/pdf"


async def test_a_name_of_a_type_that_the_bucket_refuses_is_not_taken(client: httpx.AsyncClient) -> None:
    file = (await client.put(f"{BUCKET}/files/a.txt", content=b"x")).json()
    await client.put(BUCKET, json={"allowed_types": ["text/*"]})
    answer = await client.patch(f"/v1/files/{file['id']}", json={"name": "a.png"})
    assert (answer.status_code, answer.json()["code"]) == (415, "type_not_allowed")
    assert (await client.get(f"/v1/files/{file['id']}")).json()["name"] == "a.txt"


async def test_an_alias_of_a_type_is_shown_as_the_type_is(client: httpx.AsyncClient) -> None:
    await client.put(f"{BUCKET}/files/a.jpg", content=b"x", headers={"Content-Type": "image/jpg"})
    answer = await client.get(f"{BUCKET}/files/a.jpg")
    assert answer.headers["content-type"] == "image/jpg"
    assert answer.headers["content-disposition"] == 'inline; filename="a.jpg"'
