"""Spellings of names and paths that might be judged as one thing and used as another."""

import secrets
import unicodedata
from typing import Literal

import httpx
import pytest

from tests.integration.security.conftest import ClientOf
from tests.support.processes.server import Server
from tests.support.raw_client import RawClient

ALL = ["read", "list", "write", "delete"]


@pytest.fixture
async def bucket(root: httpx.AsyncClient) -> str:
    name = f"escape-{secrets.token_hex(4)}"
    await root.put(f"/v1/buckets/{name}", json={})
    return name


async def names_in(root: httpx.AsyncClient, bucket: str) -> set[str]:
    return {file["name"] for file in (await root.get("/v1/files", params={"bucket": bucket})).json()["items"]}


# As they stand in the request line: no client takes the dots out of them.
PATHS = [
    "team/a/../b",
    "team/a/%2e%2e/b",
    "team/a/%2E%2E%2Fb",
    "team/a/..%2fb",
    "team/a/..;/b",
    "team/a/./../b",
    "team/a%00/../b",
    "team/a%2f..%2fb",
    "team//a/x",
    "/team/a/x",
    "team/a%5c..%5cb",
    "team/ab",
    "team/a",
    "team",
    "TEAM/A/x",
    "team/a%ef%bc%8fx",
    "team/%61b",
]


@pytest.mark.parametrize("path", PATHS)
async def test_no_spelling_of_a_path_leads_out_of_a_prefix(
    server: Server, root: httpx.AsyncClient, client_of: ClientOf, bucket: str, path: str
) -> None:
    for name in ("team/b", "team/ab", "team/a", "team", "b"):
        assert (await root.put(f"/v1/buckets/{bucket}/files/{name}", content=b"kept")).is_success
    before = await names_in(root, bucket)
    inside = await client_of([{"actions": ALL, "bucket": bucket, "prefix": "team/a/"}])
    key = f"Authorization: {inside.headers['authorization']}"
    for method, length in (("GET", 0), ("PUT", 4), ("DELETE", 0)):
        async with await RawClient.connect(server.url) as client:
            line = f"{method} /v1/buckets/{bucket}/files/{path}"
            await client.say(line, key, "Connection: close", *([f"Content-Length: {length}"] if length else []))
            if length:
                await client.send(b"evil")
            answer = await client.take_all()
        status = int(answer.split()[1])
        assert b"kept" not in answer, method
        assert status in {201, 204, 400, 403, 404}, (method, answer)
    after = await names_in(root, bucket)
    assert before <= after
    assert all(name.startswith("team/a/") for name in after - before)
    for name in before:
        assert (await root.get(f"/v1/buckets/{bucket}/files/{name}")).content == b"kept"


@pytest.mark.parametrize("form", ["NFC", "NFD"])
async def test_a_file_that_another_form_of_its_name_finds_is_judged_by_the_name_it_is_stored_under(
    root: httpx.AsyncClient, client_of: ClientOf, bucket: str, form: Literal["NFC", "NFD"]
) -> None:
    asked = unicodedata.normalize(form, "\u00e9/x")
    stored = unicodedata.normalize("NFD" if form == "NFC" else "NFC", asked)
    path = f"/v1/buckets/{bucket}/files"
    assert (await root.put(f"{path}/{stored}", content=b"kept")).is_success
    beside = await client_of([{"actions": ALL, "bucket": bucket, "prefix": asked.removesuffix("x")}])
    assert (await beside.get(f"{path}/{asked}")).status_code == 404
    assert (await beside.delete(f"{path}/{asked}")).status_code == 404
    inside = await client_of([{"actions": ["read"], "bucket": bucket, "prefix": stored.removesuffix("x")}])
    assert (await inside.get(f"{path}/{asked}")).content == b"kept"


@pytest.mark.parametrize("name", ["team/a/../b", "../b", "team/a/..", "/b", "team//b"])
async def test_no_name_in_a_body_leads_out_of_a_prefix(
    root: httpx.AsyncClient, client_of: ClientOf, bucket: str, name: str
) -> None:
    inside = await client_of([{"actions": ALL, "bucket": bucket, "prefix": "team/a/"}])
    file = (await inside.put(f"/v1/buckets/{bucket}/files/team/a/x", content=b"x")).json()
    path = f"/v1/files/{file['id']}"
    form = await inside.post(f"/v1/buckets/{bucket}/files", data={"name": name}, files={"file": b"evil"})
    renamed = await inside.patch(path, json={"name": name})
    copied = await inside.post(f"{path}/copy", json={"name": name})
    move = {"op": "move", "id": file["id"], "to": {"name": name}}
    batch = (await inside.post("/v1/batch", json={"operations": [move]})).json()
    refusals = [form.status_code, renamed.status_code, copied.status_code, batch["results"][0]["status"]]
    assert set(refusals) <= {400, 403}
    assert await names_in(root, bucket) == {"team/a/x"}
