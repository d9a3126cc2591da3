"""tus-js-client, with which most programs and pages upload: in Node, and in Chromium on a page of another origin."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page

from tests.integration.outside.tus_js_client import (
    CONTENT,
    MIB,
    TUS_JS,
    assert_stored,
    require_tus_js,
    run_node,
    upload,
)
from tests.support.clients import ROOT_KEY
from tests.support.parts.stacks import EmbeddedStack
from tests.support.processes.server import Server, serving
from tests.support.tus import TUS

# Far longer than a page takes for ten megabytes.
UPLOADED_SECONDS = 120

# Uploads `size` bytes, 0 to 250 again and again.
UPLOAD = """
({ endpoint, key, size, parallelUploads }) => new Promise((resolve, reject) => {
  const content = new Blob([Uint8Array.from({ length: size }, (_, index) => index % 251)]);
  const told = {};
  const upload = new tus.Upload(content, {
    endpoint,
    parallelUploads,
    chunkSize: 1024 * 1024,
    headers: { Authorization: `Bearer ${key}` },
    metadata: { filename: 'from a page.bin' },
    retryDelays: [],
    onAfterResponse: (_, response) => { told.file = response.getHeader('Fileport-File-Id') ?? told.file; },
    onSuccess: () => resolve(told),
    onError: reject,
  });
  upload.start();
})
"""


@pytest.fixture(scope="module", autouse=True)
def tus_js() -> None:
    """Skip where there is no tus-js-client."""
    require_tus_js()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "opera.flac"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"chunkSize": 3 * MIB},
        {"uploadDataDuringCreation": True, "chunkSize": 7 * MIB},
        {"uploadLengthDeferred": True, "chunkSize": 8 * MIB},
        {"parallelUploads": 4},
        {"overridePatchMethod": True},
    ],
    ids=str,
)
async def test_it_uploads(server: Server, client: httpx.AsyncClient, path: Path, options: dict[str, Any]) -> None:
    told = await upload(f"{server.url}/v1/uploads", path, **options)
    file = await assert_stored(client, told["file"], name=path.name, content=CONTENT)
    assert (file["content_type"], file["tags"], file["metadata"]["year"]) == ("audio/flac", ["rock", "album"], 1975)


@pytest.mark.parametrize("parts", [1, 3])
async def test_it_pauses_and_goes_on_in_another_process(
    server: Server, client: httpx.AsyncClient, path: Path, parts: int
) -> None:
    options = {"parallelUploads": parts, "chunkSize": MIB}
    paused = await upload(f"{server.url}/v1/uploads", path, pauseAt=12 * MIB, **options)
    assert "file" not in paused
    begun = (await client.get("/v1/uploads")).json()["items"]
    # All but the chunks that were on their way.
    assert sum(each["received"] for each in begun) >= (12 - parts) * MIB
    told = await upload(f"{server.url}/v1/uploads", path, **options)
    assert (await client.get("/v1/uploads")).json()["items"] == []
    await assert_stored(client, told["file"], name=path.name, content=CONTENT)


async def test_node_tells_the_checksum_behind_the_bytes(server: Server, client: httpx.AsyncClient, path: Path) -> None:
    job = {"endpoint": f"{server.url}/v1/uploads", "key": ROOT_KEY, "path": str(path)}
    refused = await run_node("trailer.mjs", {**job, "damaged": True}, path)
    assert refused["status"] == 460
    found = await client.head(refused["url"], headers=TUS)
    assert found.headers["upload-offset"] == "0"
    told = await run_node("trailer.mjs", job, path)
    assert told["status"] == 204
    content = (await client.get(f"/v1/files/{told['file']}/content")).content
    assert content == CONTENT


@pytest.fixture
async def page(browser: Browser, server: Server) -> AsyncIterator[Page]:
    """A page of another server's origin, and the client on it."""
    async with await browser.new_page(bypass_csp=True) as page:
        await page.goto(f"{server.url}/health/live")
        await page.add_script_tag(path=TUS_JS / "dist" / "tus.js")
        yield page


@pytest.mark.parametrize("parts", [1, 3])
async def test_a_page_of_an_allowed_origin_uploads(server: Server, short_dir: Path, page: Page, parts: int) -> None:
    environ = {**EmbeddedStack(short_dir).environ, "FILEPORT_ALLOWED_ORIGINS": server.url}
    content = bytes(range(251)) * 40_000
    async with serving(environ) as other, other.client() as client:
        job = {"endpoint": f"{other.url}/v1/uploads", "key": ROOT_KEY, "size": len(content), "parallelUploads": parts}
        async with asyncio.timeout(UPLOADED_SECONDS):
            told = await page.evaluate(UPLOAD, job)
        await assert_stored(client, told["file"], name="from a page.bin", content=content)
