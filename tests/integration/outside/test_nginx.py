"""Fileport behind nginx, which takes a path away from the front of its URLs, or renames them."""

import asyncio
import shutil
import socket
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser

from tests.integration.outside.conftest import skip_unless_required
from tests.integration.outside.tus_js_client import CONTENT, assert_stored, require_tus_js, upload
from tests.support.clients import ROOT_KEY
from tests.support.parts.databases import make_short_dir
from tests.support.parts.stacks import EmbeddedStack
from tests.support.processes.server import Server, serving

NGINX = shutil.which("nginx")

CONFIGURATION = """
daemon off;
user root;  # where it is run by root, whose directories are closed to others
worker_processes 1;
pid {directory}/pid;
error_log stderr notice;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  client_max_body_size 0;
  upstream fileport {{ server {server}; keepalive 8; }}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_request_buffering off;
  server {{
    listen 127.0.0.1:{port};
    # Takes a path away, and says so.
    location /storage/ {{
      proxy_pass http://fileport/;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Prefix /storage;
    }}
    location = /storage/metrics {{ deny all; }}
    # Renames a path, and keeps it to itself.
    location /tus {{
      rewrite ^/tus(.*) /v1/uploads$1 break;
      proxy_pass http://fileport;
      proxy_redirect http://127.0.0.1:{port}/v1/uploads/ http://127.0.0.1:{port}/tus/;
    }}
  }}
}}
"""


@pytest.fixture(scope="module")
async def behind() -> AsyncIterator[Server]:
    """A server that trusts the proxy before it."""
    data_dir = make_short_dir()
    async with serving({**EmbeddedStack(data_dir).environ, "FILEPORT_TRUSTED_PROXIES": "127.0.0.1"}) as server:
        yield server
    shutil.rmtree(data_dir)


@pytest.fixture
async def nginx(behind: Server, tmp_path: Path) -> AsyncIterator[str]:
    """The URL of nginx before the server. Skips where there is none, unless it is required."""
    if NGINX is None:
        skip_unless_required("There is no nginx.", "FILEPORT_REQUIRE_NGINX")
    async with running_nginx(str(NGINX), behind, tmp_path) as url:
        yield url


@asynccontextmanager
async def running_nginx(program: str, server: Server, directory: Path) -> AsyncIterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    configuration = directory / "nginx.conf"
    address = server.url.removeprefix("http://")
    configuration.write_text(CONFIGURATION.format(directory=directory, server=address, port=port))
    process = await asyncio.create_subprocess_exec(
        program, "-c", configuration, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    assert process.stdout is not None
    try:
        printed = b""
        while b"start worker process " not in printed:  # by then it listens
            line = await process.stdout.readline()
            assert line, printed.decode()
            printed += line
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.communicate()


@pytest.fixture
async def client(behind: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with behind.client() as client:
        yield client


@pytest.mark.parametrize("endpoint", ["storage/v1/uploads", "tus"])
@pytest.mark.parametrize("parts", [1, 4])
async def test_tus_js_client_uploads_below_a_path_that_only_the_proxy_knows(
    nginx: str, client: httpx.AsyncClient, tmp_path: Path, endpoint: str, parts: int
) -> None:
    require_tus_js()
    path = tmp_path / f"{parts} of {endpoint.replace('/', '-')}.flac"
    path.write_bytes(CONTENT)
    told = await upload(f"{nginx}/{endpoint}", path, parallelUploads=parts, chunkSize=3 * 2**20)
    assert told["url"].startswith(f"{nginx}/{endpoint}/")
    await assert_stored(client, told["file"], name=path.name, content=CONTENT)


async def test_a_location_can_be_followed_through_the_proxy(nginx: str) -> None:
    headers = {"Authorization": f"Bearer {ROOT_KEY}"}
    async with httpx.AsyncClient(headers=headers) as outside:
        stored = await outside.put(f"{nginx}/storage/v1/buckets/default/files/a", content=b"text")
        assert stored.headers["location"] == f"{nginx}/storage/v1/files/{stored.json()['id']}"
        assert (await outside.get(stored.headers["location"])).json() == stored.json()


async def test_a_rule_for_the_metrics_holds_for_every_spelling(nginx: str, client: httpx.AsyncClient) -> None:
    assert (await client.get("/metrics")).status_code == 200
    async with httpx.AsyncClient() as outside:
        for spelling in ("metrics", "/metrics", "metrics/", "metrics//", "metrics%2F", "%6detrics", "x/../metrics"):
            url = httpx.URL(nginx, raw_path=f"/storage/{spelling}".encode())
            assert (await outside.get(url)).status_code in {403, 404}, spelling


async def test_the_page_works_below_a_path(nginx: str, browser: Browser) -> None:
    async with await browser.new_page() as page:
        failed: list[str] = []
        page.on("requestfailed", lambda request: failed.append(request.url))
        page.on("response", lambda answer: None if answer.ok else failed.append(answer.url))
        await page.goto(f"{nginx}/storage/schema")
        await page.wait_for_selector("article.operation")
        assert await page.get_by_role("link", name="openapi.json").get_attribute("href") == "schema/openapi.json"
    assert failed == []
