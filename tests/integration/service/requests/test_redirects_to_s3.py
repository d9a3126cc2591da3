"""Readers who are sent to the blob store itself, over a socket on real parts."""

import httpx

from tests.support.parts.stacks import EmbeddedStack, Stack


async def test_a_reader_that_follows_gets_the_same_bytes_from_the_store(
    client: httpx.AsyncClient, files: str, stack: Stack
) -> None:
    content = bytes(range(256)) * 1000
    stored = await client.put(f"{files}/é/a.html", content=content, headers={"Content-Type": "text/html"})
    ways = (f"{files}/é/a.html", f"{stored.headers['location']}/content")
    for url in ways:
        answer = await client.get(url, params={"redirect": "true"})
        if isinstance(stack, EmbeddedStack):
            assert (answer.status_code, answer.json()["code"]) == (409, "direct_access_unsupported")
            continue
        assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")
        plain = await client.get(url)
        followed = await client.get(url, params={"redirect": "true"}, follow_redirects=True)
        assert (followed.status_code, followed.content) == (200, content)
        assert "authorization" not in followed.request.headers
        for name in ("content-type", "content-disposition", "cache-control", "content-length"):
            assert followed.headers[name] == plain.headers[name]
        head = await client.head(url, params={"redirect": "true"}, follow_redirects=True)
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(content)))
        part = await client.get(url, params={"redirect": "true"}, headers={"Range": "bytes=5-9"}, follow_redirects=True)
        assert (part.status_code, part.content) == (206, content[5:10])
