"""Chromium plays a file from its URL, and skips within it.

Browsers send no key by themselves: a team's own backend, on whose origin its pages are, adds the header. Here
Playwright does.
"""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Browser, Error, Page, Response

from tests.support.clients import ROOT_KEY

# Far longer than the few seconds that are played take.
PLAYED_SECONDS = 120

SECONDS = 900
SAMPLES_PER_SECOND = 16_000
AUDIO_BYTES = SECONDS * SAMPLES_PER_SECOND * 2

# Resolves as soon as the element has done all of it, in this order; rejects where it cannot.
PLAY = """
url => new Promise((resolve, reject) => {
  const audio = new Audio(url);
  const told = {};
  audio.muted = true;  // else a browser wants a click first
  audio.onerror = () => reject(new Error(audio.error.message));
  audio.onloadedmetadata = () => { told.duration = audio.duration; audio.play().catch(reject); };
  audio.ontimeupdate = () => {
    if (told.played || !audio.currentTime) return;
    told.played = audio.currentTime;
    audio.currentTime = audio.duration - 2;
  };
  audio.onseeked = () => { told.skippedTo = audio.currentTime; };
  audio.onended = () => { told.ended = audio.currentTime; resolve(told); };
})
"""


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page of a backend that adds the key."""
    async with await browser.new_context(extra_http_headers={"Authorization": f"Bearer {ROOT_KEY}"}) as context:
        yield await context.new_page()


@pytest.fixture
async def audio(client: httpx.AsyncClient) -> str:
    """The URL of a quarter of an hour of noise, far more than browsers fetch in advance."""
    name = "/v1/buckets/default/files/noise.wav"
    stored = await client.put(name, content=wav())
    return str(client.base_url.join(f"/v1/files/{stored.json()['id']}/content"))


def wav() -> bytes:
    """Return samples of 16 bits on one channel."""
    form = b"".join(
        number.to_bytes(size, "little")
        for number, size in ((1, 2), (1, 2), (SAMPLES_PER_SECOND, 4), (SAMPLES_PER_SECOND * 2, 4), (2, 2), (16, 2))
    )
    chunks = b"WAVEfmt " + len(form).to_bytes(4, "little") + form + b"data" + AUDIO_BYTES.to_bytes(4, "little")
    return (
        b"RIFF" + (len(chunks) + AUDIO_BYTES).to_bytes(4, "little") + chunks + bytes(range(250)) * (AUDIO_BYTES // 250)
    )


async def test_a_browser_plays_and_skips(client: httpx.AsyncClient, page: Page, audio: str) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer) if answer.url == audio else None)
    await page.goto(str(client.base_url.join("/health/live")))
    async with asyncio.timeout(PLAYED_SECONDS):
        told = await page.evaluate(PLAY, audio)
    assert told["duration"] == SECONDS
    assert 0 < told["played"] < SECONDS - 2
    assert SECONDS - 2 <= told["skippedTo"] <= SECONDS
    assert told["ended"] == SECONDS
    assert {answer.status for answer in answers} == {206}
    firsts = [int(answer.request.headers["range"].removeprefix("bytes=").partition("-")[0]) for answer in answers]
    assert firsts[0] == 0
    # What it had skipped it did not fetch.
    assert max(firsts) > AUDIO_BYTES * 0.9


async def test_a_page_of_another_origin_gets_nothing(page: Page, audio: str) -> None:
    failed: list[str | None] = []
    page.on("requestfailed", lambda request: failed.append(request.failure))
    with pytest.raises(Error, match="MEDIA_ELEMENT_ERROR"):
        await page.evaluate(PLAY, audio)
    assert failed == ["net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin"]
