"""The contract of the order and the pages of listings; see `domain.files.search.model`."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from domain.access.callers import ROOT
from domain.files.model import File
from domain.files.search.model import FileQuery, decode_cursor, encode_cursor, parse_sort
from domain.files.search.where import parse_where
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import FUTURE, CatalogPorts, changed, stored

SORTS = [
    "id",
    "-id",
    "bucket",
    "-bucket,name",
    "name",
    "-name",
    "content_type",
    "-content_type",
    "sha256",
    "size",
    "-size",
    "-revision",
    "created_at",
    "-created_at",
    "-updated_at",
    "expires_at",
    "-expires_at",
    "expires_at,-size",
    "-expires_at,metadata.v",
    "size,-name",
    "-size,-content_type,name",
    "size,id,name",
    "name,-name",
    "metadata.v",
    "-metadata.v",
    "metadata.v,-size",
    "-metadata.v,metadata.w,-name",
    "size,metadata.v,-expires_at,created_at",
    "metadata.none",
]

VALUES: list[Any] = [
    "", "B", "a", "ab", "é", "я", "\uffff", "😀", "x" * 200, "x" * 200 + "1", "x" * 201,
    -1, 0, 0.5, 1, 2.5, 10**20, -1e300, True, False, None, [], [1], {}, {"a": 1},
]  # fmt: skip


async def names(catalog: CatalogPorts, sort: str, **fields: Any) -> list[str]:
    """Return the names of a listing, in its order."""
    query = FileQuery(sort=parse_sort(sort), **{"limit": 1000, **fields})
    return [file.name for file in await catalog.search.list_files(query)]


async def next_page(catalog: CatalogPorts, query: FileQuery, page: Sequence[File]) -> list[File]:
    """Return the page after `page`, going by its cursor, as a caller does."""
    after = decode_cursor(encode_cursor(page[-1], query.sort), query.sort)
    return await catalog.search.list_files(replace(query, after=after, offset=0))


async def walk(catalog: CatalogPorts, query: FileQuery) -> list[File]:
    """Return all files, page by page."""
    page = files = await catalog.search.list_files(query)
    while page:
        page = await next_page(catalog, query, page)
        files = files + page
    return files


class TestFileOrder:
    @pytest.mark.parametrize("sort", ["bucket", "-bucket", "bucket,name", "name,-bucket", "-size,bucket", "id,bucket"])
    async def test_the_bucket_orders_nothing_among_the_files_of_one(self, catalog: CatalogPorts, sort: str) -> None:
        for name in ("b", "a", "c"):
            await stored(catalog, name=name, size=len(name))
        query = FileQuery(sort=parse_sort(sort), bucket="default", limit=1000)
        everything = await catalog.search.list_files(query)
        assert everything == await catalog.search.list_files(replace(query, bucket=None))
        assert await walk(catalog, replace(query, limit=1)) == everything

    @pytest.fixture
    async def files(self, catalog: CatalogPorts) -> list[File]:
        """Files with all kinds of values, many of them equal."""
        files = []
        for number, value in enumerate(VALUES):
            file = await stored(
                catalog,
                name=f"{number % 7} {number}",
                size=number % 3,
                content_type=("text/plain", "image/png")[number % 2],
                metadata={"v": value, "w": number % 2} if number % 5 else {"w": "x"},
            )
            files.append(await changed(catalog, file, expires_at=FUTURE) if number % 4 == 0 else file)
        return files

    @pytest.mark.parametrize("sort", SORTS)
    async def test_pages_add_up_to_the_whole_listing(self, catalog: CatalogPorts, files: list[File], sort: str) -> None:
        query = FileQuery(sort=parse_sort(sort), limit=1000)
        whole = await catalog.search.list_files(query)
        assert sorted(file.id for file in whole) == sorted(file.id for file in files)
        for limit in (1, 4):
            assert await walk(catalog, replace(query, limit=limit)) == whole

    @pytest.mark.parametrize("sort", SORTS)
    async def test_a_page_may_begin_at_an_offset(self, catalog: CatalogPorts, files: list[File], sort: str) -> None:
        query = FileQuery(sort=parse_sort(sort), limit=1000)
        whole = await catalog.search.list_files(query)
        for offset in (0, 3, len(files) - 1, len(files), 10**30):
            assert await catalog.search.list_files(replace(query, limit=2, offset=offset)) == whole[offset : offset + 2]
        after = decode_cursor(encode_cursor(whole[4], query.sort), query.sort)
        assert await catalog.search.list_files(replace(query, after=after, offset=2, limit=3)) == whole[7:10]

    async def test_ties_are_broken_by_id_in_the_direction_of_the_last_key(self, catalog: CatalogPorts) -> None:
        files = [await stored(catalog, size=1) for _ in range(5)]
        by_id = [file.name for file in sorted(files, key=lambda file: file.id)]
        assert await names(catalog, "size") == by_id
        assert await names(catalog, "-content_type,size") == by_id
        assert await names(catalog, "-size") == by_id[::-1]
        assert await names(catalog, "metadata.x") == by_id
        assert await names(catalog, "size,-metadata.x") == by_id[::-1]

    async def test_texts_are_in_the_order_of_their_code_points(self, catalog: CatalogPorts) -> None:
        ordered = ["A", "B", "Z", "_", "a", "b", "é", "я", "\uffff", "😀"]
        for name in reversed(ordered):
            await stored(catalog, name=name, metadata={"v": name})
        for sort in ("name", "metadata.v"):
            assert await names(catalog, sort) == ordered
            assert await names(catalog, f"-{sort}") == ordered[::-1]

    async def test_metadata_sorts_as_texts_then_numbers_then_booleans(self, catalog: CatalogPorts) -> None:
        ordered = ["", "1", "a", -(10**30), -1, 0, 0.5, 1, 10**30, False, True]
        for value in reversed(ordered):
            await stored(catalog, name=repr(value), metadata={"v": value})
        assert await names(catalog, "metadata.v") == [repr(value) for value in ordered]
        assert await names(catalog, "-metadata.v") == [repr(value) for value in reversed(ordered)]

    async def test_files_without_a_value_come_last_both_ways(self, catalog: CatalogPorts) -> None:
        unsorted: list[Any] = [None, [], {}]
        without = [await stored(catalog), *[await stored(catalog, metadata={"v": each}) for each in unsorted]]
        with_value = await changed(catalog, await stored(catalog, metadata={"v": "x"}), expires_at=FUTURE)
        last = [file.name for file in sorted(without, key=lambda file: file.id)]
        for sort in ("metadata.v", "expires_at"):
            assert await names(catalog, sort) == [with_value.name, *last]
            assert await names(catalog, f"-{sort}") == [with_value.name, *reversed(last)]

    async def test_long_texts_in_metadata_sort_by_their_beginning(self, catalog: CatalogPorts) -> None:
        files = [await stored(catalog, metadata={"v": "é" * 200 + end}) for end in "cba"]
        assert await names(catalog, "metadata.v") == [f.name for f in sorted(files, key=lambda file: file.id)]


class TestFilePages:
    async def test_a_page_is_no_longer_than_its_limit(self, catalog: CatalogPorts) -> None:
        for _ in range(3):
            await stored(catalog)
        for limit, length in ((0, 0), (1, 1), (3, 3), (4, 3)):
            assert len(await catalog.search.list_files(FileQuery(limit=limit))) == length

    async def test_a_count_does_not_depend_on_the_page(self, catalog: CatalogPorts) -> None:
        files = [await stored(catalog, name=f"a{number}") for number in range(5)]
        sort = parse_sort("size")
        after = decode_cursor(encode_cursor(files[2], sort), sort)
        for query in (FileQuery(), FileQuery(bucket="default"), FileQuery(prefix="a")):
            assert await catalog.search.count_files(replace(query, sort=sort, limit=2, offset=1, after=after)) == 5

    @pytest.mark.parametrize("sort", ["name", "-name", "metadata.v", "-size,name"])
    async def test_pages_neither_repeat_nor_miss_files_while_others_come_and_go(
        self, catalog: CatalogPorts, sort: str
    ) -> None:
        there = [await self._store(catalog, number) for number in range(0, 40, 2)]
        gone = set()
        query = FileQuery(sort=parse_sort(sort), limit=3)
        page = seen = await catalog.search.list_files(query)
        number = 1
        while page:
            await self._store(catalog, number)
            for id_ in {page[-1].id, page[0].id}:  # the place where the next page begins goes, too
                await catalog.files.delete_file(ROOT, id_, NO_PRECONDITION)
                gone.add(id_)
            page = await next_page(catalog, query, page)
            seen = seen + page
            number += 2
        listed = [file.id for file in seen]
        assert len(listed) == len(set(listed))
        assert set(listed) >= {file.id for file in there} - gone

    async def _store(self, catalog: CatalogPorts, number: int) -> File:
        return await stored(catalog, name=f"{number:02}", size=number // 10, metadata={"v": number})

    async def test_a_listing_goes_on_after_a_file_that_has_changed(self, catalog: CatalogPorts) -> None:
        files = [await stored(catalog, name=name) for name in "abcd"]
        query = FileQuery(sort=parse_sort("name"), limit=2)
        page = await catalog.search.list_files(query)
        await changed(catalog, files[1], name="z")
        assert [file.name for file in await next_page(catalog, query, page)] == ["c", "d"]


ARTISTS = ["Queen", "QUEEN", "Björk", "BJÖRK", "Кино", "ABBA", "queen", "a-ha", "Blur", "Air"]


class TestSongs:
    """A catalogue of a hundred songs, and what one asks of it."""

    @pytest.fixture
    async def songs(self, catalog: CatalogPorts) -> list[File]:
        return [
            await stored(
                catalog,
                name=f"songs/{number:03}.mp3",
                content_type="audio/mpeg",
                metadata={
                    "artist": ARTISTS[number % len(ARTISTS)],
                    "streams": (number * 7919) % 1000 * 1000,
                    "release_date": f"{1950 + (number * 37) % 70}-{1 + number % 12:02}-{1 + number % 28:02}",
                },
            )
            for number in range(100)
        ]

    async def test_a_page_of_songs_and_how_many_there_are(self, catalog: CatalogPorts, songs: list[File]) -> None:
        query = FileQuery(prefix="songs/", sort=parse_sort("name"), limit=20)
        assert await catalog.search.list_files(query) == songs[:20]
        assert await catalog.search.list_files(replace(query, offset=90)) == songs[90:]
        assert await catalog.search.count_files(query) == 100
        assert await walk(catalog, query) == songs

    async def test_the_oldest_song(self, catalog: CatalogPorts, songs: list[File]) -> None:
        oldest = min(songs, key=lambda song: song.metadata["release_date"])
        query = FileQuery(sort=parse_sort("metadata.release_date"), limit=1)
        assert await catalog.search.list_files(query) == [oldest]

    @pytest.mark.parametrize("artist", ["queen", "björk", "КИНО"])
    async def test_all_songs_of_an_artist_however_it_is_written(
        self, catalog: CatalogPorts, songs: list[File], artist: str
    ) -> None:
        where = parse_where({"metadata.artist": {"ilike": artist}})
        query = FileQuery(where=where, sort=parse_sort("-metadata.streams"), limit=1000)
        theirs = [song for song in songs if song.metadata["artist"].casefold() == artist.casefold()]
        assert theirs
        assert await catalog.search.list_files(query) == sorted(theirs, key=lambda song: -song.metadata["streams"])
        assert await catalog.search.count_files(query) == len(theirs)

    async def test_songs_that_were_streamed_so_often(self, catalog: CatalogPorts, songs: list[File]) -> None:
        where = parse_where({"metadata.streams": {"gte": 250_000, "lt": 500_000}})
        found = await catalog.search.list_files(FileQuery(where=where, sort=parse_sort("name"), limit=1000))
        assert found == [song for song in songs if 250_000 <= song.metadata["streams"] < 500_000]
        assert found

    async def test_an_artists_most_streamed_songs_of_a_decade(self, catalog: CatalogPorts, songs: list[File]) -> None:
        where = parse_where(
            {
                "metadata.artist": {"in": ["Queen", "ABBA"]},
                "metadata.release_date": {"gte": "1970", "lt": "1990"},
                "not": {"metadata.streams": {"lt": 10_000}},
            }
        )
        found = await catalog.search.list_files(
            FileQuery(where=where, sort=parse_sort("-metadata.streams,name"), limit=5)
        )
        wanted = [
            song
            for song in songs
            if song.metadata["artist"] in {"Queen", "ABBA"}
            and "1970" <= song.metadata["release_date"] < "1990"
            and song.metadata["streams"] >= 10_000
        ]
        assert found == sorted(wanted, key=lambda song: (-song.metadata["streams"], song.name))[:5]
        assert found
