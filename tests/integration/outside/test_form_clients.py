"""Forms of curl, requests, httpx and aiohttp: names, types, fields and bytes arrive as they were given."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import requests

from tests.integration.outside.programs import run
from tests.support.clients import ROOT_KEY

AUTHORIZED = {"Authorization": f"Bearer {ROOT_KEY}"}
CONTENT = b"ID3\x03\0\0\0\0\0\x21 a song\r\n--\r\n"
METADATA = '{"artist": "Кино"}'
NAMES = [
    "été 1.mp3",
    'a "quoted" name.mp3',
    "100%41.mp3",
    "back\\slash.mp3",
    "音楽; a=b.mp3",
    "semi;colon, 'and' so on.mp3",
]

every_name = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def url(client: httpx.AsyncClient) -> str:
    return str(client.base_url.join("/v1/buckets/default/files"))


async def check(client: httpx.AsyncClient, file: dict[str, Any], name: str) -> None:
    assert (file["name"], file["content_type"], file["size"]) == (name, "audio/mpeg", len(CONTENT))
    assert (file["metadata"], file["tags"]) == ({"artist": "Кино"}, ["rock", "80s"])
    assert (await client.get(f"/v1/files/{file['id']}/content")).content == CONTENT


@every_name
@pytest.mark.parametrize("options", [[], ["--form-escape"]])
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_curl(client: httpx.AsyncClient, url: str, tmp_path: Path, name: str, options: list[str]) -> None:
    await asyncio.to_thread((tmp_path / name).write_bytes, CONTENT)
    # In curl's own syntax for the parts of a form.
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    fields = ["-F", f"metadata={METADATA}", "-F", "tags=rock", "-F", "tags=80s", "-F", f'file=@"{quoted}"']
    answer = tmp_path / "answer"
    key = f"Authorization: Bearer {ROOT_KEY}"
    status, printed = await run("curl", "-sS", *options, "-H", key, "-o", answer, *fields, url, cwd=tmp_path)
    assert status == 0, printed
    await check(client, httpx.Response(200, content=await asyncio.to_thread(answer.read_bytes)).json(), name)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_curl_in_base64(client: httpx.AsyncClient, url: str, tmp_path: Path) -> None:
    await asyncio.to_thread((tmp_path / "a.mp3").write_bytes, CONTENT)
    fields = ["-F", f"metadata={METADATA};encoder=quoted-printable", "-F", "tags=rock, 80s;encoder=base64"]
    key, answer = f"Authorization: Bearer {ROOT_KEY}", tmp_path / "answer"
    fields += ["-F", "file=@a.mp3;encoder=base64"]
    status, printed = await run("curl", "-sS", "-H", key, "-o", answer, *fields, url, cwd=tmp_path)
    assert status == 0, printed
    await check(client, httpx.Response(200, content=await asyncio.to_thread(answer.read_bytes)).json(), "a.mp3")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_curls_raw_body(client: httpx.AsyncClient, url: str, tmp_path: Path) -> None:
    await asyncio.to_thread((tmp_path / "song").write_bytes, CONTENT)
    key = f"Authorization: Bearer {ROOT_KEY}"
    command = ["curl", "-sS", "-X", "PUT", "-H", key, "--data-binary", "@song", f"{url}/raw/song"]
    status, printed = await run(*command, cwd=tmp_path)
    assert status == 0, printed
    assert '"content_type":"audio/mpeg"' in printed
    assert (await client.get("/v1/buckets/default/files/raw/song")).content == CONTENT


@every_name
async def test_requests(client: httpx.AsyncClient, url: str, name: str) -> None:
    fields = {"metadata": METADATA, "tags": ["rock", "80s"]}
    answer = await asyncio.to_thread(
        requests.post, url, data=fields, files={"file": (name, CONTENT)}, headers=AUTHORIZED, timeout=30
    )
    await check(client, answer.json(), name)


@every_name
async def test_httpx(client: httpx.AsyncClient, url: str, name: str) -> None:
    fields = {"metadata": METADATA, "tags": ["rock", "80s"]}
    answer = await client.post(url, data=fields, files={"file": (name, CONTENT)})
    await check(client, answer.json(), name)


async def post_with_aiohttp(url: str, name: str, *, quote_fields: bool) -> dict[str, Any]:
    form = aiohttp.FormData(quote_fields=quote_fields)
    form.add_field("metadata", METADATA)
    form.add_field("tags", "rock, 80s")
    form.add_field("file", CONTENT, filename=name)
    async with aiohttp.ClientSession(headers=AUTHORIZED) as session, session.post(url, data=form) as answer:
        file: dict[str, Any] = await answer.json()
        return file


@every_name
async def test_aiohttp(client: httpx.AsyncClient, url: str, name: str) -> None:
    await check(client, await post_with_aiohttp(url, name, quote_fields=False), name)


async def test_aiohttps_quotes(client: httpx.AsyncClient, url: str) -> None:
    await check(client, await post_with_aiohttp(url, 'a"b.mp3', quote_fields=True), 'a"b.mp3')
