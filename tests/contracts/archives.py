"""The contract of `domain.archives.ports.Archives`."""

from domain.archives.model import Member
from domain.buckets.model import Policy
from domain.files.model import File
from domain.files.search.model import FileQuery, parse_sort
from domain.values.ids import new_id
from tests.contracts.setup import CatalogPorts, changed, expired, stored


def member_of(file: File) -> Member:
    """Return what an archive needs of the file."""
    return Member(**{name: getattr(file, name) for name in Member.__struct_fields__})


class TestArchives:
    async def test_members_are_listed_as_files_are(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("other", Policy())
        await stored(catalog, bucket="other", name="p/1")
        await stored(catalog, name="q/1")
        for name in ("p/2", "p/10", "p/é", "p"):
            await stored(catalog, name=name, metadata={"a": 1}, tags=("t",))
        await expired(catalog, name="p/3")
        query = FileQuery(bucket="default", prefix="p/", sort=parse_sort("name"), limit=2)
        members = await catalog.archives.list_members(query)
        assert members == [member_of(file) for file in await catalog.search.list_files(query)]
        assert [member.name for member in members] == ["p/10", "p/2"]

    async def test_members_are_found_by_their_ids_at_their_current_revisions(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("other", Policy())
        first, second = await stored(catalog), await stored(catalog, bucket="other", size=0)
        second = await changed(catalog, second, name="new")
        gone = await expired(catalog)
        await stored(catalog)
        found = await catalog.archives.find_members([second.id, new_id(), gone.id, first.id])
        assert {member.id: member for member in found} == {
            first.id: member_of(first),
            second.id: member_of(second),
        }
        assert await catalog.archives.find_members([]) == []
