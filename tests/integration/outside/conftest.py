"""One server on the embedded stack, for programs of others to look at, and a browser among these."""

import os
import shutil
from collections.abc import AsyncIterator
from typing import NoReturn

import httpx
import pytest
from playwright.async_api import Browser, async_playwright

from tests.support.parts.databases import make_short_dir
from tests.support.parts.stacks import EmbeddedStack
from tests.support.processes.server import Server, serving

# Those that Playwright does not set itself.
CHROMIUM_FLAGS = ["--disable-gpu", "--disable-quic", "--disable-sync"]


@pytest.fixture(scope="package")
async def server() -> AsyncIterator[Server]:
    data_dir = make_short_dir()
    async with serving(EmbeddedStack(data_dir).environ) as server:
        yield server
    shutil.rmtree(data_dir)


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with server.client() as client:
        yield client


@pytest.fixture(scope="package")
async def browser() -> AsyncIterator[Browser]:
    """Chromium. Skips where there is none, unless it is required."""
    chromium = shutil.which("chromium")
    if chromium is None:
        skip_unless_required("There is no chromium.", "FILEPORT_REQUIRE_BROWSER")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


def skip_unless_required(reason: str, variable: str) -> NoReturn:
    """Skip the test for that reason, or fail it where the environment requires the missing program."""
    if os.environ.get(variable) == "1":
        pytest.fail(f"{reason} {variable}=1 asks for it.", pytrace=False)
    pytest.skip(reason)
