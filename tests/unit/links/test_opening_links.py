"""Share links at work, over HTTP."""

import httpx
import pytest

from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.clock import FakeClock
from tests.support.fake_service import Fakes
from tests.support.reaper import reaper
from tests.unit.links.link_requests import FILES, put, shared, url


async def test_a_link_serves_its_file_to_anybody(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    file = await put(client, "folder/a.html", b"<script>alert(1)</script>", **{"Content-Type": "text/html"})
    answer = await stranger.get(url(await shared(client, file)))
    assert (answer.status_code, answer.content) == (200, b"<script>alert(1)</script>")
    assert answer.headers["content-disposition"] == 'attachment; filename="a.html"'
    assert answer.headers["content-type"] == "text/html"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert "set-cookie" not in answer.headers


async def test_a_link_never_lets_shared_caches_keep_its_file(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    await client.put("/v1/buckets/default", json={"cache_control": "public, max-age=60"})
    link = await shared(client, file := await put(client))
    for headers in ({}, {"If-None-Match": file["etag"]}, {"Range": "bytes=0-1"}):
        answer = await stranger.get(url(link), headers=headers)
        assert answer.headers["cache-control"] == "no-store"


async def test_a_link_gives_its_file_a_name(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await shared(client, await put(client, "secret-project.png"), filename="Bild é.png")
    for query, kind in (("", "attachment"), ("?inline=true", "inline")):
        disposition = (await stranger.get(url(link) + query)).headers["content-disposition"]
        assert disposition == f"{kind}; filename=\"Bild e.png\"; filename*=UTF-8''Bild%20%C3%A9.png"


async def test_what_a_browser_would_run_is_not_shown_inline(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    link = await shared(client, await put(client, "a.svg"))
    assert (await stranger.get(f"{url(link)}?inline=true")).headers["content-disposition"].startswith("attachment")


async def test_ranges_and_conditions_work(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await shared(client, file := await put(client))
    part = await stranger.get(url(link), headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    parts = await stranger.get(url(link), headers={"Range": "bytes=0-1,8-9"})
    assert (parts.status_code, parts.headers["content-type"].partition(";")[0]) == (206, "multipart/byteranges")
    assert (await stranger.get(url(link), headers={"Range": "bytes=10-"})).status_code == 416
    fresh = await stranger.get(url(link), headers={"If-None-Match": file["etag"]})
    assert (fresh.status_code, fresh.content) == (304, b"")
    assert (await stranger.get(url(link), headers={"If-Match": '"x"'})).status_code == 412
    head = await stranger.head(url(link))
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "10")


async def test_a_link_serves_the_file_as_it_is_now(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await shared(client, file := await put(client))
    await put(client, "a.txt", b"new bytes")
    assert (await stranger.get(url(link))).content == b"new bytes"
    await client.put("/v1/buckets/other", json={})
    moved = await client.patch(f"/v1/files/{file['id']}", json={"bucket": "other", "name": "b.txt"})
    assert moved.status_code == 200
    answer = await stranger.get(url(link))
    assert (answer.content, answer.headers["content-disposition"]) == (b"new bytes", 'attachment; filename="b.txt"')


async def test_a_link_ends_with_its_file(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await shared(client, file := await put(client))
    await client.delete(f"/v1/files/{file['id']}")
    await put(client)  # another file of that name
    answer = await stranger.get(url(link))
    assert (answer.status_code, answer.json()["code"]) == (410, "link_ended")


async def test_a_link_ends_when_it_expires_or_is_revoked(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, clock: FakeClock
) -> None:
    file = await put(client)
    expiring, revoked, other = [await shared(client, file) for _ in range(3)]
    await client.delete(f"/v1/links/{revoked['id']}")
    clock.advance(7 * 86_400 - 1)
    assert (await stranger.get(url(expiring))).status_code == 200
    clock.advance(1)
    for link, detail in ((expiring, "expired"), (revoked, "revoked"), (other, "expired")):
        for method in ("GET", "HEAD"):
            answer = await stranger.request(method, url(link))
            assert answer.status_code == 410
        answer = await stranger.get(url(link))
        assert answer.json()["code"] == "link_ended"
        assert detail in answer.json()["detail"]


@pytest.mark.parametrize("token", ["x", "A" * 43, "%C3%A9", "%00"])
async def test_an_unknown_token_is_not_found(stranger: httpx.AsyncClient, token: str) -> None:
    answer = await stranger.get(f"/s/{token}")
    assert answer.status_code == 404
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_a_token_opens_nothing_but_its_file(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    link = await shared(client, file := await put(client))
    headers = {"Authorization": f"Bearer {link['token']}"}
    for path in (f"/v1/files/{file['id']}", f"/v1/files/{file['id']}/content", f"{FILES}/a.txt", "/v1/files"):
        assert (await stranger.get(path, headers=headers)).status_code == 401
    for method in ("PUT", "POST", "PATCH", "DELETE"):
        assert (await stranger.request(method, url(link), content=b"")).status_code in {403, 405}
    assert (await client.get(f"{FILES}/a.txt")).content == b"0123456789"


async def test_a_key_is_no_password_and_is_ignored(client: httpx.AsyncClient) -> None:
    link = await shared(client, await put(client), password="secret")
    answer = await client.get(url(link))
    assert (answer.status_code, answer.json()["code"]) == (401, "link_password")


async def test_a_store_that_is_down_is_told(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, blobs: FakeBlobStore
) -> None:
    link = await shared(client, await put(client, content=b"x" * 200_000), max_downloads=1)
    blobs.fail_with = BLOB_STORE_DOWN
    assert (await stranger.get(url(link))).status_code == 503
    blobs.fail_with = None
    assert (await stranger.get(url(link))).status_code == 200  # nothing was counted before


async def test_the_reaper_forgets_a_link_a_month_after_its_end(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, fakes: Fakes, clock: FakeClock
) -> None:
    link, kept = [await shared(client, await put(client), expires_at=None) for _ in range(2)]
    await client.delete(f"/v1/links/{link['id']}")
    for seconds, status in ((30 * 86_400 - 1, 410), (1, 404)):
        clock.advance(seconds)
        async for _ in reaper(fakes.catalog, fakes.blobs)():
            pass
        assert (await stranger.get(url(link))).status_code == status
    assert (await stranger.get(url(kept))).status_code == 200
