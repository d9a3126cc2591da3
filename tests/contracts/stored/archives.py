"""The contract of `domain.archives.ports.Archives`."""

from typing import Any

import pytest

from domain.access.callers import ROOT
from domain.archives.model import Member
from domain.blobs.model import new_blob_key
from domain.buckets.model import Policy
from domain.files.model import Destination, File
from domain.files.search.model import FileQuery, parse_sort
from domain.values.ids import new_id
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import CatalogPorts, changed, claims, expired, reserved, stored


def member_of(file: File, crc32: int | None = None) -> Member:
    """Return the member that the file is, whose bytes have that CRC-32."""
    fields = {name: getattr(file, name) for name in Member.__struct_fields__ if name != "crc32"}
    return Member(crc32=crc32, **fields)


async def stored_without_checksum(catalog: CatalogPorts, **fields: Any) -> File:
    """Store a file on a blob whose CRC-32 is not known."""
    return await stored(catalog, blob=await reserved(catalog, crc32=None), **fields)


async def checksums_of(catalog: CatalogPorts, *files: File) -> list[int | None]:
    """Return the CRC-32 that the catalog has of each file's bytes."""
    found = {member.id: member.crc32 for member in await catalog.archives.find_members([file.id for file in files])}
    return [found[file.id] for file in files]


class TestArchives:
    async def test_members_are_listed_as_files_are(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("other", Policy())
        await stored(catalog, bucket="other", name="p/1")
        await stored(catalog, name="q/1")
        for name in ("p/2", "p/10", "p/é", "p"):
            await stored_without_checksum(catalog, name=name, metadata={"a": 1}, tags=("t",))
        await expired(catalog, name="p/3")
        query = FileQuery(bucket="default", prefix="p/", sort=parse_sort("name"), limit=2)
        members = await catalog.archives.list_members(query)
        assert members == [member_of(file) for file in await catalog.search.list_files(query)]
        assert [member.name for member in members] == ["p/10", "p/2"]

    async def test_members_are_found_by_their_ids_at_their_current_revisions(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("other", Policy())
        first = await stored_without_checksum(catalog)
        second = await stored_without_checksum(catalog, bucket="other")
        second = await changed(catalog, second, name="new")
        gone = await expired(catalog)
        await stored(catalog)
        found = await catalog.archives.find_members([second.id, new_id(), gone.id, first.id])
        assert {member.id: member for member in found} == {
            first.id: member_of(first),
            second.id: member_of(second),
        }
        assert await catalog.archives.find_members([]) == []

    @pytest.mark.parametrize("crc32", [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF])
    async def test_a_blob_has_the_checksum_that_it_was_stored_with(self, catalog: CatalogPorts, crc32: int) -> None:
        file = await stored(catalog, blob=await reserved(catalog, crc32=crc32))
        replaced = await stored(catalog, name=file.name, blob=await reserved(catalog, crc32=7))
        assert replaced.id == file.id
        copy = await catalog.files.copy_file(ROOT, file.id, Destination(name="copy"), NO_PRECONDITION)
        moved = await changed(catalog, replaced, name="moved")
        assert await checksums_of(catalog, moved, copy) == [7, 7]
        again = await stored(catalog, name="moved", blob=await reserved(catalog, crc32=crc32))
        assert await checksums_of(catalog, again, copy) == [crc32, 7]
        query = FileQuery(bucket="default", sort=parse_sort("name"), limit=2)
        assert [member.crc32 for member in await catalog.archives.list_members(query)] == [7, crc32]

    async def test_a_checksum_that_was_not_known_is_kept_for_all_files_on_the_blob(self, catalog: CatalogPorts) -> None:
        first, second, third = [await stored_without_checksum(catalog) for _ in range(3)]
        copy = await catalog.files.copy_file(ROOT, first.id, Destination(name="copy"), NO_PRECONDITION)
        assert await checksums_of(catalog, first, second, third, copy) == [None] * 4
        for _ in range(2):
            await catalog.archives.keep_checksums({first.blob_key: 0xFFFF_FFFF, second.blob_key: 0, new_blob_key(): 5})
            assert await checksums_of(catalog, first, second, third, copy) == [0xFFFF_FFFF, 0, None, 0xFFFF_FFFF]
        # Nothing else about the file or its blob is another.
        assert await catalog.files.get_file(first.id) == first
        assert await claims(catalog) == {}
        await catalog.archives.keep_checksums({})
