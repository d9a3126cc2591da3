"""What the API promises, over HTTP against a real server on real parts."""

import hashlib
import random
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from tests.support.parts.stacks import Stack
from tests.support.processes.server import Line, Server

MEBIBYTE = 1024 * 1024


def photo(size: int) -> bytes:
    return random.Random(size).randbytes(size)


async def usage(client: httpx.AsyncClient, files: str) -> tuple[int, int]:
    bucket = (await client.get(files.removesuffix("/files"))).json()
    return bucket["usage"]["files"], bucket["usage"]["bytes"]


async def wait_until_removed(server: Server, count: int, *, after: int) -> None:
    """Wait until the reaper has logged that it removed `count` blobs more."""
    while count > 0:
        line = await server.line(lambda line: line.get("removed", 0) > 0, after=after)
        after = server.lines.index(line) + 1
        count -= line["removed"]


@pytest.mark.parametrize("size", [0, 1, 300_000, 8 * MEBIBYTE, 20 * MEBIBYTE + 1])
async def test_a_photo_is_uploaded_found_and_read_back(client: httpx.AsyncClient, files: str, size: int) -> None:
    content = photo(size)
    stored = await client.put(f"{files}/photos/sun.jpg", content=content)
    assert stored.status_code == 201
    assert stored.json()["sha256"] == hashlib.sha256(content).hexdigest()
    filters = {"prefix": "photos/", "bucket": stored.json()["bucket"]}
    assert (await client.get("/v1/files", params=filters)).json()["items"] == [stored.json()]
    read = await client.get(f"/v1/files/{stored.json()['id']}/content")
    assert read.headers["content-length"] == str(size)
    assert read.content == content
    assert await usage(client, files) == (1, size)


async def test_a_chunked_body_of_unknown_length_is_stored_whole(client: httpx.AsyncClient, files: str) -> None:
    content = photo(18 * MEBIBYTE)

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 100_000):
            yield content[start : start + 100_000]

    stored = await client.put(f"{files}/a", content=chunks())
    assert stored.json()["size"] == len(content)
    assert (await client.get(f"{files}/a")).content == content


async def test_a_form_is_stored_with_all_its_fields(client: httpx.AsyncClient, files: str) -> None:
    content = photo(9 * MEBIBYTE)
    stored = await client.post(
        files,
        data={"name": "музыка/été 🎵.mp3", "metadata": '{"artist": "Queen", "n": 1.5}', "tags": "rock,live"},
        files={"file": ("x", content, "audio/mpeg")},
    )
    assert stored.status_code == 201
    file = (await client.get(f"/v1/files/{stored.json()['id']}")).json()
    assert (file["name"], file["tags"]) == ("музыка/été 🎵.mp3", ["rock", "live"])
    assert file["metadata"] == {"artist": "Queen", "n": 1.5}
    assert (await client.get(f"{files}/музыка/été 🎵.mp3")).content == content


async def test_names_and_copies_share_bytes_until_the_last_is_gone(
    client: httpx.AsyncClient, files: str, shared_server: Server, stack: Stack
) -> None:
    before = await stack.blobs()
    file = (await client.put(f"{files}/a", content=b"shared")).json()
    copy = (await client.post(f"/v1/files/{file['id']}/copy", json={"name": "b"})).json()
    await client.patch(f"/v1/files/{copy['id']}", json={"name": "c"})
    assert (await client.delete(f"/v1/files/{file['id']}")).status_code == 204
    assert (await client.get(f"{files}/c")).content == b"shared"
    assert len(await stack.blobs() - before) == 1
    logged = len(shared_server.lines)
    assert (await client.delete(f"/v1/files/{copy['id']}")).status_code == 204
    await wait_until_removed(shared_server, 1, after=logged)
    assert await stack.blobs() == before
    assert await usage(client, files) == (0, 0)


async def test_many_writers_of_one_name_leave_one_file_and_no_stray_blob(
    client: httpx.AsyncClient, files: str, shared_server: Server, stack: Stack
) -> None:
    before = await stack.blobs()
    logged = len(shared_server.lines)
    statuses: list[int] = []

    async def write(index: int) -> None:
        answer = await client.put(f"{files}/contested", content=bytes([index]) * 200_000)
        statuses.append(answer.status_code)

    async with anyio.create_task_group() as writers:
        for index in range(12):
            writers.start_soon(write, index)
    assert sorted(statuses) == [200] * 11 + [201]
    read = await client.get(f"{files}/contested")
    assert set(read.content) <= {read.content[0]}
    assert await usage(client, files) == (1, 200_000)
    await wait_until_removed(shared_server, 11, after=logged)
    assert len(await stack.blobs() - before) == 1


async def test_of_50_conditional_changes_exactly_one_wins(client: httpx.AsyncClient, files: str) -> None:
    file = (await client.put(f"{files}/a", content=b"x")).json()
    statuses: list[int] = []

    async def change(index: int) -> None:
        answer = await client.patch(
            f"/v1/files/{file['id']}", json={"metadata": {"winner": index}}, headers={"If-Match": file["etag"]}
        )
        statuses.append(answer.status_code)

    async with anyio.create_task_group() as changers:
        for index in range(50):
            changers.start_soon(change, index)
    assert sorted(statuses) == [200] + [412] * 49
    assert (await client.get(f"/v1/files/{file['id']}")).json()["revision"] == 2


async def test_an_upload_that_is_refused_unread_is_told_that_the_connection_closes(client: httpx.AsyncClient) -> None:
    refused = await client.put("/v1/buckets/nowhere/files/a", content=bytes(MEBIBYTE))
    assert (refused.status_code, refused.headers["connection"]) == (404, "close")


async def test_a_refusal_amid_a_body_reaches_a_client_that_still_sends(client: httpx.AsyncClient, files: str) -> None:
    await client.put(files.removesuffix("/files"), json={"max_file_size": MEBIBYTE})

    async def far_too_much() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield bytes(MEBIBYTE)

    for _ in range(5):
        refused = await client.put(f"{files}/a", content=far_too_much())
        assert (refused.status_code, refused.json()["code"]) == (413, "file_too_large")


# A blob is reserved once the first bytes, in which the type is looked for, have come.
@pytest.mark.parametrize(("sent", "reserved"), [(1000, 0), (9 * MEBIBYTE, 1)])
async def test_a_client_that_disconnects_mid_upload_leaves_no_file_and_no_blob(
    client: httpx.AsyncClient, files: str, shared_server: Server, stack: Stack, sent: int, reserved: int
) -> None:
    before = await stack.blobs()
    logged = len(shared_server.lines)

    def is_the_upload(line: Line) -> bool:
        return line.get("method") == "PUT" and line["path"].endswith("/cut")

    stream = await anyio.connect_tcp(client.base_url.host, client.base_url.port or 0)
    await stream.send(
        f"PUT {files}/cut HTTP/1.1\r\nHost: x\r\nAuthorization: {client.headers['Authorization']}\r\n"
        f"Content-Length: {sent * 2}\r\n\r\n".encode()
    )
    await stream.send(b"x" * sent)
    await stream.aclose()
    assert (await shared_server.line(is_the_upload, after=logged))["status"] == 400
    await wait_until_removed(shared_server, reserved, after=logged)
    assert await stack.blobs() == before
    assert (await client.get(f"{files}/cut")).status_code == 404


async def test_bytes_that_fail_midway_cut_the_connection(client: httpx.AsyncClient, files: str, stack: Stack) -> None:
    before = await stack.blobs()
    file = (await client.put(f"{files}/a", content=photo(4 * MEBIBYTE))).json()
    (key,) = await stack.blobs() - before
    await stack.truncate(key)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get(f"{files}/a")
    assert (await client.get(f"/v1/files/{file['id']}")).status_code == 200


async def test_a_download_whose_client_has_left_ends(
    client: httpx.AsyncClient, files: str, shared_server: Server
) -> None:
    # Far more than the buffers on the way hold.
    size = 256 * MEBIBYTE

    async def zeros() -> AsyncIterator[bytes]:
        for _ in range(size // MEBIBYTE):
            yield bytes(MEBIBYTE)

    await client.put(f"{files}/large", content=zeros())
    logged = len(shared_server.lines)
    async with client.stream("GET", f"{files}/large") as answer:
        async for _ in answer.aiter_raw():
            break
    line = await shared_server.line(
        lambda line: line.get("method") == "GET" and line["path"].endswith("/large"), after=logged
    )
    # How much was sent by then is up to the machine; that it ended, with nobody reading, is not.
    assert line["status"] == 200
