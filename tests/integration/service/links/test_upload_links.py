"""Upload links on both stacks, with several replicas and clients at once."""

import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from tusclient.client import TusClient

from tests.integration.service.links.conftest import AT_ONCE
from tests.support.processes.server import Server

CONTENT = bytes(range(256)) * 4000


async def inbox(client: httpx.AsyncClient, files: str, **fields: object) -> dict[str, Any]:
    answer = await client.post(files.replace("/files", "/upload-links"), json=fields)
    assert answer.status_code == 201, answer.text
    link: dict[str, Any] = answer.json()
    return link


async def names(client: httpx.AsyncClient, files: str) -> list[str]:
    query = {"bucket": files.split("/")[3], "sort": "name", "limit": "1000"}
    return [file["name"] for file in (await client.get("/v1/files", params=query)).json()["items"]]


async def at_once(strangers: list[httpx.AsyncClient], path: str) -> list[httpx.Response]:
    answers: list[httpx.Response] = []

    async def send(stranger: httpx.AsyncClient) -> None:
        answers.append(await stranger.put(path, content=CONTENT))

    async with anyio.create_task_group() as tasks:
        for number in range(AT_ONCE):
            tasks.start_soon(send, strangers[number % 2])
    return answers


async def test_uploads_at_once_pass_no_limit_and_overwrite_nothing(
    client: httpx.AsyncClient, files: str, strangers: list[httpx.AsyncClient]
) -> None:
    link = await inbox(client, files, prefix="in/", max_files=7)
    answers = await at_once(strangers, f"/s/{link['token']}/photo.jpg")
    stored = [answer.json()["name"] for answer in answers if answer.status_code == 201]
    assert len(set(stored)) == len(stored) == 7
    assert {answer.status_code for answer in answers} == {201, 410}
    assert await names(client, files) == sorted(f"in/{name}" for name in stored)


async def test_a_name_is_given_to_one_of_many(
    client: httpx.AsyncClient, files: str, strangers: list[httpx.AsyncClient]
) -> None:
    link = await inbox(client, files, name="report.pdf")
    answers = await at_once(strangers, f"/s/{link['token']}")
    refused = [answer.json()["code"] for answer in answers if answer.status_code != 201]
    assert refused == ["name_taken"] * (AT_ONCE - 1)
    assert (await client.get(f"{files}/report.pdf")).content == CONTENT


async def test_a_client_of_tus_sends_by_a_link(client: httpx.AsyncClient, files: str, shared_server: Server) -> None:
    link = await inbox(client, files, prefix="in/")

    def send() -> None:
        tus = TusClient(f"{shared_server.url}/s/{link['token']}/uploads")
        metadata = {"filename": "movie.bin", "filetype": "video/mp4"}
        tus.uploader(file_stream=io.BytesIO(CONTENT), chunk_size=300_000, metadata=metadata).upload()

    for _ in range(2):
        await anyio.to_thread.run_sync(send)
    assert await names(client, files) == ["in/movie (2).bin", "in/movie.bin"]
    got = await client.get(f"{files}/in/movie%20(2).bin")
    assert (got.content, got.headers["content-type"]) == (CONTENT, "video/mp4")


async def test_the_terms_of_an_upload_hold_on_every_replica(
    client: httpx.AsyncClient, files: str, strangers: list[httpx.AsyncClient]
) -> None:
    link = await inbox(client, files, prefix="", allowed_types=["image/*"], max_file_size=len(CONTENT))
    tus = {"Tus-Resumable": "1.0.0"}
    begun = await strangers[0].post(
        f"/s/{link['token']}/uploads", headers={**tus, "Upload-Length": "4", "Upload-Metadata": "filename YQ=="}
    )
    upload = httpx.URL(begun.headers["location"]).path
    sending = {**tus, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    refused = await strangers[1].patch(upload, content=b"\x7fELF", headers=sending)
    assert (refused.status_code, refused.json()["code"]) == (415, "type_not_allowed")
    assert await names(client, files) == []


@pytest.mark.skipif(shutil.which("curl") is None, reason="There is no curl.")
async def test_curl_sends_a_file(client: httpx.AsyncClient, files: str, shared_server: Server, tmp_path: Path) -> None:
    link = await inbox(client, files, prefix="in/")
    sent = tmp_path / "photo.jpg"
    sent.write_bytes(CONTENT)

    def curl(*arguments: str) -> str:
        command = ["curl", "--silent", "--fail", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    url = f"{shared_server.url}/s/{link['token']}"
    for arguments in (["-T", str(sent), f"{url}/"], ["-F", f"file=@{sent}", url]):
        await anyio.to_thread.run_sync(curl, *arguments)
    assert await names(client, files) == ["in/photo (2).jpg", "in/photo.jpg"]
    assert (await client.get(f"{files}/in/photo.jpg")).content == CONTENT
