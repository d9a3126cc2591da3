"""Download programs that are killed midway, several times, go on where they were and end with every byte."""

import asyncio
import hashlib
import random
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.integration.outside.programs import run
from tests.support.clients import ROOT_KEY

MEBIBYTE = 1024 * 1024

KEY = f"Authorization: Bearer {ROOT_KEY}"
CURL = ("curl", "--silent", "--show-error", "--fail", "-H", KEY, "-C", "-", "-o")
WGET = ("wget", "--no-verbose", f"--header={KEY}", "--continue", "--output-document")


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit of util-linux is not installed")
@pytest.mark.parametrize(
    ("program", "mebibytes"),
    [pytest.param(CURL, 1024, id="curl takes 1 GiB"), pytest.param(WGET, 64, id="wget takes 64 MiB")],
)
async def test_a_download_that_is_killed_goes_on(
    client: httpx.AsyncClient, tmp_path: Path, program: tuple[str, ...], mebibytes: int
) -> None:
    if shutil.which(program[0]) is None:
        pytest.skip(f"{program[0]} is not installed")
    size = mebibytes * MEBIBYTE
    whole = hashlib.sha256()
    block = random.Random(5).randbytes(MEBIBYTE - 8)

    async def content() -> AsyncIterator[bytes]:
        for number in range(mebibytes):
            piece = number.to_bytes(8) + block  # so that no part of the file is like another
            whole.update(piece)
            yield piece

    path = f"/v1/buckets/default/files/{program[0]}.img"
    stored = await client.put(path, content=content(), headers={"Content-Length": str(size)})
    assert stored.json()["sha256"] == whole.hexdigest()
    local = tmp_path / "local.img"
    download: tuple[str | Path, ...] = (*program, local, str(client.base_url.join(path)))
    # The operating system kills a program that writes beyond its limit, after exactly so many bytes.
    for taken in (1, size // 3 + 1, size - MEBIBYTE - 1):
        status, printed = await run("prlimit", f"--fsize={taken}", "--core=0", *download, cwd=tmp_path)
        assert (status, local.stat().st_size) == (-signal.SIGXFSZ, taken), printed
    status, printed = await run(*download, cwd=tmp_path)
    assert status == 0, printed
    with local.open("rb") as file:
        digest = await asyncio.to_thread(hashlib.file_digest, file, "sha256")
    assert (local.stat().st_size, digest.hexdigest()) == (size, whole.hexdigest())
    local.unlink()
    await client.delete(f"/v1/files/{stored.json()['id']}")
