"""The contract of inline blobs: files whose bytes the catalog keeps, stored, found, condemned and checked."""

import hashlib

import pytest

from domain.access.callers import ROOT
from domain.blobs.model import Blob, new_blob_key
from domain.errors import LeaseLostError
from domain.files.errors import NoSuchFileError
from domain.files.model import Destination, Location
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts import setup
from tests.contracts.setup import (
    CatalogPorts,
    claims,
    condemned,
    exists,
    inlined,
    reserve,
    stored,
    with_grace,
)
from tests.contracts.stored.commits import TestCommittingFiles
from tests.support.factories import BlobFactory


class TestCommittingInlineFiles(TestCommittingFiles):
    """The same of files whose bytes the catalog keeps."""

    @pytest.fixture(autouse=True)
    def inline(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(setup, "keeps_inline", True)

    async def _may_be_committed(self, catalog: CatalogPorts, blob: Blob) -> bool:
        return await catalog.integrity.get_blob_records([blob.key]) == {}

    @pytest.mark.parametrize("content", [b"", b"\0", bytes(range(256)) * 256])
    async def test_the_bytes_come_with_the_file(self, catalog: CatalogPorts, content: bytes) -> None:
        file = await stored(catalog, name="a", blob=inlined(content))
        copy = await catalog.files.copy_file(ROOT, file.id, Destination(name="b"), NO_PRECONDITION)
        policy = (await catalog.buckets.get_bucket("default")).policy
        for address in (file.id, Location("default", "a")):
            assert await catalog.files.get_file_with_content(address) == (file, policy, content)
        assert await catalog.files.get_file_with_content(copy.id) == (copy, policy, content)
        assert await catalog.blob_records.get_contents([file.blob_key, new_blob_key()]) == {file.blob_key: content}

    async def test_other_files_come_without_bytes(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, blob=await reserve(catalog, BlobFactory.build()))
        assert (await catalog.files.get_file_with_content(file.id))[2] is None
        assert await catalog.blob_records.get_contents([file.blob_key]) == {}

    async def test_bytes_that_are_not_public_are_not_found_by_the_public(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name="a")
        for address in (file.id, Location("default", "a")):
            with pytest.raises(NoSuchFileError):
                await catalog.files.get_file_with_content(address, only_public=True)

    async def test_a_commit_whose_file_is_gone_cannot_be_repeated(self, catalog: CatalogPorts) -> None:
        blob = inlined()
        file = await stored(catalog, name="a", blob=blob)
        await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        with pytest.raises(LeaseLostError):
            await stored(catalog, name="a", blob=blob)
        assert not await exists(catalog, file)

    async def test_condemned_bytes_need_no_claim_to_be_forgotten(self, catalog: CatalogPorts) -> None:
        files = [await stored(catalog) for _ in range(3)]
        kept = await stored(catalog, name="kept")
        for file in files:
            await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        assert await claims(catalog) == {}
        assert [await catalog.blob_records.forget_inline(limit=2) for _ in range(3)] == [2, 1, 0]
        assert await condemned(catalog) == []
        assert await exists(catalog, kept)

    @with_grace
    async def test_bytes_that_may_still_be_read_wait_for_their_grace(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name="a", blob=inlined(b"old"))
        await stored(catalog, name="a")
        assert await catalog.blob_records.forget_inline(limit=10) == 0
        assert await catalog.blob_records.get_contents([file.blob_key]) == {file.blob_key: b"old"}

    async def test_the_actual_bytes_are_told_page_by_page(self, catalog: CatalogPorts) -> None:
        contents = {(await stored(catalog, blob=inlined(each))).blob_key: each for each in (b"", b"a", b"bc")}
        await stored(catalog, blob=await reserve(catalog, BlobFactory.build()))
        for limit in (1, 2, 3):
            found = await catalog.integrity.list_inline_records(after=None, limit=limit, hashed=True)
            assert len(found) == limit
            rest = await catalog.integrity.list_inline_records(after=found[-1].record.key, limit=9, hashed=True)
            assert [each.record.key for each in (*found, *rest)] == sorted(contents)
            for each in (*found, *rest):
                content = contents[each.record.key]
                assert each.actual_size == len(content)
                assert each.actual_sha256 == hashlib.sha256(content).hexdigest()
                assert (each.record.state, each.record.files, each.record.file_count) == ("live", 1, 1)
