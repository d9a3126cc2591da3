"""The contract of listings by name; see `domain.files.search.by_name`."""

import pytest
from msgspec.structs import replace

from domain.files.search.by_name import NameEntry, NameQuery
from tests.contracts.setup import CatalogPorts, expired, stored
from tests.support.access import scope

ALL = 1000


async def listed(catalog: CatalogPorts, **fields: object) -> list[str]:
    """Return the names of the entries of `default`, those of folders with a star behind."""
    query = NameQuery(**{"bucket": "default", "limit": ALL, **fields})  # type: ignore[arg-type]
    return [each.name if each.file else f"{each.name}*" for each in await catalog.search.list_names(query)]


async def fill(catalog: CatalogPorts, *names: str) -> None:
    for name in names:
        await stored(catalog, name=name)


class TestListingByName:
    async def test_names_are_in_the_order_of_code_points(self, catalog: CatalogPorts) -> None:
        names = ["a", "b", "B", "é", "e\u0301", "\uffff", "😀", "a/b", "a//b", "/a", "a/", "a/.."]
        await fill(catalog, *names)
        assert await listed(catalog) == sorted(names)
        assert await listed(catalog, prefix="e") == ["e\u0301"]

    async def test_an_entry_has_its_file(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name="a/b", size=5)
        query = NameQuery(bucket="default", prefix="a/", delimiter="/", limit=ALL)
        assert await catalog.search.list_names(query) == [NameEntry("a/b", file)]
        assert await catalog.search.list_names(replace(query, prefix="")) == [NameEntry("a/")]

    async def test_names_with_the_delimiter_are_one_entry(self, catalog: CatalogPorts) -> None:
        await fill(catalog, "a", "a/", "a/b", "a/b/c", "a-b", "b", "/x", "c/d")
        assert await listed(catalog, delimiter="/") == ["/*", "a", "a-b", "a/*", "b", "c/*"]
        assert await listed(catalog, delimiter="/", prefix="a/") == ["a/", "a/b", "a/b/*"]
        assert await listed(catalog, delimiter="/", prefix="a") == ["a", "a-b", "a/*"]
        assert await listed(catalog, delimiter="b/") == ["/x", "a", "a-b", "a/", "a/b", "a/b/*", "b", "c/d"]

    @pytest.mark.parametrize("delimiter", ["\ud7ff", "\U0010ffff", "/\U0010ffff", "😀", "%", "_", "\\"])
    async def test_any_text_delimits(self, catalog: CatalogPorts, delimiter: str) -> None:
        await fill(
            catalog, "a", f"a{delimiter}", f"a{delimiter}\ue000", f"a{delimiter}\U0010ffff", "b", "a\U0010ffff\ue000b"
        )
        assert [each for each in await listed(catalog, delimiter=delimiter) if each.endswith(f"{delimiter}*")]
        after, pages = "", []
        while page := await listed(catalog, delimiter=delimiter, limit=1, after=after):
            pages += page
            after = page[0].removesuffix("*")
        assert pages == await listed(catalog, delimiter=delimiter)
        assert len(pages) == len(set(pages))

    async def test_a_page_begins_behind_a_name_or_a_folder(self, catalog: CatalogPorts) -> None:
        await fill(catalog, "a", "a/b", "a/c", "b/", "c")
        assert await listed(catalog, after="a") == ["a/b", "a/c", "b/", "c"]
        assert await listed(catalog, after="a/bb", limit=2) == ["a/c", "b/"]
        assert await listed(catalog, after="a/", delimiter="/") == ["b/*", "c"]
        assert await listed(catalog, after="a/b", delimiter="/") == ["b/*", "c"]
        assert await listed(catalog, after="a", delimiter="/", limit=1) == ["a/*"]
        assert await listed(catalog, after="0", prefix="a/") == ["a/b", "a/c"]
        assert await listed(catalog, after="z", prefix="a/") == []
        assert await listed(catalog, after="a\0b") == ["a/b", "a/c", "b/", "c"]

    async def test_only_the_areas_are_listed(self, catalog: CatalogPorts) -> None:
        await fill(catalog, "a", "a/b", "a/b/c", "ab", "b/c", "b/d", "c/e/f")
        areas = (scope("default", "a/b", "list"), scope("default", "b/", "list"), scope("default", "c/e/", "list"))
        assert await listed(catalog, areas=areas) == ["a/b", "a/b/c", "b/c", "b/d", "c/e/f"]
        assert await listed(catalog, areas=areas, limit=2) == ["a/b", "a/b/c"]
        assert await listed(catalog, areas=areas, delimiter="/") == ["a/*", "b/*", "c/*"]
        assert await listed(catalog, areas=areas, delimiter="/", prefix="c/", limit=1) == ["c/e/*"]
        assert await listed(catalog, areas=()) == []

    async def test_other_buckets_and_expired_files_are_not_listed(self, catalog: CatalogPorts) -> None:
        await expired(catalog, name="a/old")
        await fill(catalog, "b")
        assert await listed(catalog, delimiter="/") == ["b"]
        assert await listed(catalog, bucket="missing") == []
