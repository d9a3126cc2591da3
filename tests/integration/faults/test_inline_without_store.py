"""Small files while the blob store is down: they are stored, read, replaced and deleted as ever."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from tests.harness.fault_proxy import effects
from tests.integration.faults.site import Site, site_on
from tests.support.parts.stacks import Stack

FILES = "/v1/buckets/default/files"
LARGE = bytes(5000)


@pytest.fixture
async def inline(stack: Stack) -> AsyncIterator[Site]:
    async with site_on(stack, FILEPORT_INLINE_BYTES="4096") as site:
        yield site


@contextmanager
def down(site: Site) -> Iterator[None]:
    if site.has_s3:
        with site.s3.fault(effects.cut):
            yield
        return
    with site.stack.without_store():
        yield


async def test_small_files_do_not_need_the_blob_store(inline: Site) -> None:
    client = inline.client
    assert (await client.put(f"{FILES}/inline/large", content=LARGE)).status_code == 201
    with down(inline):
        stored = await client.put(f"{FILES}/inline/small", content=b"one")
        assert stored.status_code == 201, stored.text
        assert (await client.put(f"{FILES}/inline/large", content=LARGE)).status_code == 503
        assert (await client.put(f"{FILES}/inline/small", content=b"two")).status_code == 200
        for url in (f"{FILES}/inline/small", f"/v1/files/{stored.json()['id']}/content"):
            assert (await client.get(url)).content == b"two"
        archive = await client.get("/v1/archive", params={"bucket": "default", "prefix": "inline/sm"})
        assert archive.status_code == 200
        assert (await client.delete(f"{FILES}/inline/small")).status_code == 204
        assert (await client.get(f"{FILES}/inline/large")).status_code == 503
    await inline.check_all()
    assert (await client.get(f"{FILES}/inline/large")).content == LARGE
