"""A large upload on a line that breaks again and again: it ends byte-exact, and the server stays small."""

import hashlib
import random
from collections.abc import AsyncIterator

import httpx

from bench.memory import Memory
from tests.harness.fault_proxy.stream import StreamProxy
from tests.harness.profiles import is_long
from tests.support.clients import ROOT_KEY
from tests.support.parts.stacks import Stack
from tests.support.polling import pause
from tests.support.processes.server import serving
from tests.support.tus import BYTES, TUS, UPLOADS

MEBIBYTE = 1024**2
MAX_GROWTH = 64 * MEBIBYTE

_NOISE = random.Random(5).randbytes(MEBIBYTE)


def block(number: int) -> bytes:
    """Return a mebibyte that is another one for each of a million numbers."""
    at = number * 7919 % MEBIBYTE
    return _NOISE[at:] + _NOISE[:at]


async def content(at: int, size: int) -> AsyncIterator[bytes]:
    """Give the bytes of the upload from `at` on."""
    for number in range(at // MEBIBYTE, size // MEBIBYTE):
        yield block(number)[max(0, at - number * MEBIBYTE) :]


def sha256(size: int) -> str:
    whole = hashlib.sha256()
    for number in range(size // MEBIBYTE):
        whole.update(block(number))
    return whole.hexdigest()


async def test_a_large_upload_ends_byte_exact_on_a_line_that_breaks_again_and_again(own_stack: Stack) -> None:
    # 5 GiB with the profile `long`.
    size, least, most = [each * MEBIBYTE for each in ((5120, 200, 400) if is_long() else (96, 10, 20))]
    choice = random.Random(3)
    headers = {"Authorization": f"Bearer {ROOT_KEY}"}
    async with (
        serving({**own_stack.environ, "FILEPORT_LOG_LEVEL": "warning"}) as server,
        StreamProxy([server.url], cut_after=lambda: choice.randint(least, most)).listening() as proxy,
        httpx.AsyncClient(base_url=proxy.url, headers=headers, timeout=120) as client,
        server.client() as direct,
    ):
        # What a server has after its first upload, it keeps.
        await direct.put("/v1/buckets/default/files/first", content=block(0))
        memory = Memory(server.worker)
        memory.reset_peak()
        before = memory.resident()
        begun = await client.post(UPLOADS, headers={**TUS, "Upload-Length": str(size)})
        path = httpx.URL(begun.headers["location"]).path
        file_id = await upload(client, path, size)
        peak = memory.peak()
        assert proxy.cuts >= size // most
        assert before is not None
        assert peak is not None
        print(f"{proxy.cuts} cuts; the server grew by {(peak - before) / MEBIBYTE:.0f} MiB")  # noqa: T201
        assert peak - before < MAX_GROWTH
        expected = sha256(size)
        assert (await direct.get(f"/v1/files/{file_id}")).json()["sha256"] == expected
        read = hashlib.sha256()
        async with direct.stream("GET", f"/v1/files/{file_id}/content") as answer:
            async for chunk in answer.aiter_raw():
                read.update(chunk)
        assert read.hexdigest() == expected


async def upload(client: httpx.AsyncClient, path: str, size: int) -> str:
    """Upload all in one request, and what a cut left of it in another, until it is a file; return its id."""
    at = 0
    while True:
        try:
            found = await client.head(path, headers=TUS)
            assert found.status_code in {200, 423}, found.status_code
            if found.status_code == 423:
                await pause()
                continue
            assert int(found.headers["upload-offset"]) >= at
            at = int(found.headers["upload-offset"])
            if at == size:
                return str(found.headers["fileport-file-id"])
            told = {**BYTES, "Upload-Offset": str(at), "Content-Length": str(size - at)}
            answer = await client.patch(path, content=content(at, size), headers=told)
            # While the server has not yet seen the cut, the one before is at work.
            assert answer.status_code in {204, 409, 423}, answer.text
        except httpx.TransportError:
            continue
