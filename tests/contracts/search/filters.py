"""The contract of the filters of `domain.files.search.model.FileQuery`."""

from datetime import timedelta
from typing import Any

import pytest

from domain.buckets.model import Policy
from domain.files.names import search_words
from domain.files.search.model import FileQuery
from tests.contracts.setup import CatalogPorts, changed, expired, stored

LAST = "\U0010ffff"


async def listed(catalog: CatalogPorts, **filters: Any) -> set[str]:
    """Return the names of the files that pass, and check that as many are counted."""
    query = FileQuery(**filters, limit=1000)
    names = [file.name for file in await catalog.search.list_files(query)]
    assert await catalog.search.count_files(query) == len(names)
    return set(names)


class TestFileFilters:
    async def test_without_a_filter_every_file_is_listed(self, catalog: CatalogPorts) -> None:
        assert await listed(catalog) == set()
        await catalog.buckets.put_bucket("songs", Policy())
        files = [await stored(catalog, name="a"), await stored(catalog, name="b", bucket="songs")]
        assert await listed(catalog) == {"a", "b"}
        found = await catalog.search.list_files(FileQuery())
        assert sorted(found, key=lambda file: file.name) == files

    async def test_a_bucket_lists_its_own_files(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        await stored(catalog, name="a")
        await stored(catalog, name="b", bucket="songs")
        assert await listed(catalog, bucket="songs") == {"b"}
        assert await listed(catalog, bucket="none") == set()

    async def test_expired_files_are_neither_listed_nor_counted(self, catalog: CatalogPorts) -> None:
        await expired(catalog, name="a1", size=1, tags=("t",))
        await stored(catalog, name="a2", size=1, tags=("t",))
        filters: list[dict[str, Any]] = [{}, {"bucket": "default"}, {"tags": ("t",)}, {"prefix": "a"}, {"min_size": 0}]
        for each in filters:
            assert await listed(catalog, **each) == {"a2"}

    @pytest.mark.parametrize(
        ("prefix", "names"),
        [
            ("", {"a", "a/b", "a/b c", "a0", "A", "b", "a%b", "a_b"}),
            ("a", {"a", "a/b", "a/b c", "a0", "a%b", "a_b"}),
            ("a/", {"a/b", "a/b c"}),
            ("a/b", {"a/b", "a/b c"}),
            ("a/b c", {"a/b c"}),
            ("a%", {"a%b"}),
            ("a_", {"a_b"}),
            ("A", {"A"}),
            ("c", set()),
        ],
    )
    async def test_a_prefix_is_taken_literally(self, catalog: CatalogPorts, prefix: str, names: set[str]) -> None:
        for name in ("a", "a/b", "a/b c", "a0", "A", "b", "a%b", "a_b"):
            await stored(catalog, name=name)
        assert await listed(catalog, prefix=prefix) == names

    @pytest.mark.parametrize(
        "prefix", ["é", "e\u0301", "\ud7ff", "\ue000", "a\ud7ff", LAST, f"a{LAST}", f"{LAST}{LAST}", "я", "😀"]
    )
    async def test_a_prefix_may_be_any_text(self, catalog: CatalogPorts, prefix: str) -> None:
        names = {prefix, f"{prefix}a", f"{prefix}{LAST}", f"{prefix}/x"}
        for name in (*names, prefix[:-1] + "!", prefix[:-1] + "\uffff", "\ue000b", "zz", "\U0010fffe"):
            await stored(catalog, name=name)
        assert await listed(catalog, prefix=prefix) == {name for name in {*names, "\ue000b"} if name.startswith(prefix)}

    async def test_a_name_is_compared_as_a_whole(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        for name in ("a", "a/b", "A"):
            await stored(catalog, name=name)
        await stored(catalog, name="a", bucket="songs")
        assert {file.bucket for file in await catalog.search.list_files(FileQuery(name="a"))} == {"default", "songs"}
        assert await listed(catalog, name="a") == {"a"}

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("annual", {"Annual-Report_2024.PDF"}),
            ("REPORT", {"Annual-Report_2024.PDF", "reports/q1.txt"}),
            ("rep 20", {"Annual-Report_2024.PDF"}),
            ("20 rep", {"Annual-Report_2024.PDF"}),
            ("port", set()),
            ("q1 txt", {"reports/q1.txt"}),
            ("отчёт", {"архив/Отчёт за год.txt"}),
            ("STRASSE", {"Straße.txt"}),
            ("straß", {"Straße.txt"}),
            ("it", {"it's a \\ name.txt"}),
            ("日本", {"日本語.txt"}),
            ("txt", {"reports/q1.txt", "архив/Отчёт за год.txt", "Straße.txt", "it's a \\ name.txt", "日本語.txt"}),
        ],
    )
    async def test_a_search_finds_the_beginnings_of_words(
        self, catalog: CatalogPorts, text: str, names: set[str]
    ) -> None:
        for name in (
            "Annual-Report_2024.PDF",
            "reports/q1.txt",
            "архив/Отчёт за год.txt",
            "Straße.txt",
            "it's a \\ name.txt",
            "日本語.txt",
        ):
            await stored(catalog, name=name)
        assert await listed(catalog, words=search_words(text)) == names

    async def test_a_search_follows_a_file_that_is_renamed(self, catalog: CatalogPorts) -> None:
        await changed(catalog, await stored(catalog, name="before"), name="after")
        assert await listed(catalog, words=("before",)) == set()
        assert await listed(catalog, words=("after",)) == {"after"}

    @pytest.mark.parametrize("words", [("it's",), ("a\\",), ("&",), ("a:*", "!b"), ("'",), ("\\'",)])
    async def test_a_search_takes_no_word_for_an_operator(self, catalog: CatalogPorts, words: tuple[str, ...]) -> None:
        await stored(catalog, name="it a b")
        assert await listed(catalog, words=words) == set()

    @pytest.mark.parametrize(
        ("pattern", "names"),
        [
            ("image/*", {"png", "png-parameters", "svg", "jpeg"}),
            ("image/png", {"png", "png-parameters"}),
            ("image/svg+xml", {"svg"}),
            ("image/svg", set()),
            ("*/*", {"png", "png-parameters", "svg", "jpeg", "imagery", "text"}),
            ("video/*", set()),
        ],
    )
    async def test_a_type_is_compared_without_its_parameters(
        self, catalog: CatalogPorts, pattern: str, names: set[str]
    ) -> None:
        await stored(catalog, name="png", content_type="image/png")
        await stored(catalog, name="png-parameters", content_type='image/png; a="b"')
        await stored(catalog, name="svg", content_type="image/svg+xml")
        await stored(catalog, name="jpeg", content_type="image/jpeg")
        await stored(catalog, name="imagery", content_type="imagery/png")
        await stored(catalog, name="text", content_type="text/plain; charset=utf-8")
        assert await listed(catalog, content_type=pattern) == names

    async def test_all_tags_that_are_asked_for_are_on_a_file(self, catalog: CatalogPorts) -> None:
        await stored(catalog, name="ab", tags=("a", "b", 'quo"te', "NULL"))
        await stored(catalog, name="b", tags=("b",))
        await stored(catalog, name="none")
        assert await listed(catalog, tags=("b",)) == {"ab", "b"}
        assert await listed(catalog, tags=("b", "a")) == {"ab"}
        assert await listed(catalog, tags=('quo"te', "NULL")) == {"ab"}
        assert await listed(catalog, tags=("A",)) == set()

    @pytest.mark.parametrize(
        ("metadata", "names"),
        [
            ({}, {"one", "two", "three"}),
            ({"a": 1}, {"one", "two"}),
            ({"a": 1.0}, {"one", "two"}),
            ({"a": True}, {"three"}),
            ({"a": "1"}, set()),
            ({"b": {"c": "x"}}, {"one"}),
            ({"b": {}}, {"one", "two"}),
            ({"list": [2]}, {"one"}),
            ({"list": [3, 1]}, {"one"}),
            ({"list": []}, {"one", "two"}),
            ({"n": None}, {"two"}),
            ({"a": 1, "n": None}, {"two"}),
            ({"missing": None}, set()),
            ({"a": 10**40}, set()),
            ({"é 🎵": "\u2028"}, {"three"}),
        ],
    )
    async def test_metadata_holds_all_that_is_asked_for(
        self, catalog: CatalogPorts, metadata: dict[str, Any], names: set[str]
    ) -> None:
        await stored(catalog, name="one", metadata={"a": 1, "b": {"c": "x", "d": "y"}, "list": [1, 2, 3]})
        await stored(catalog, name="two", metadata={"a": 1, "b": {}, "n": None, "list": []})
        await stored(catalog, name="three", metadata={"a": True, "é 🎵": "\u2028"})
        assert await listed(catalog, metadata=metadata) == names

    async def test_sizes_are_bounded_inclusively(self, catalog: CatalogPorts) -> None:
        for size in (0, 1, 2, 2**40):
            await stored(catalog, name=str(size), size=size)
        assert await listed(catalog, min_size=1) == {"1", "2", str(2**40)}
        assert await listed(catalog, max_size=1) == {"0", "1"}
        assert await listed(catalog, min_size=1, max_size=2) == {"1", "2"}
        assert await listed(catalog, min_size=2, max_size=1) == set()

    @pytest.mark.parametrize("bound", [2**63 - 1, 2**63, 10**40])
    async def test_a_bound_may_be_beyond_any_size(self, catalog: CatalogPorts, bound: int) -> None:
        await stored(catalog, name="a", size=1)
        assert await listed(catalog, min_size=bound) == set()
        assert await listed(catalog, max_size=bound) == {"a"}
        assert await listed(catalog, min_size=-bound) == {"a"}
        assert await listed(catalog, max_size=-bound) == set()

    async def test_times_are_bounded_from_inclusively_to_exclusively(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name="a")
        later = timedelta(microseconds=1)
        for field in ("created", "updated"):
            time = getattr(file, f"{field}_at")
            assert await listed(catalog, **{f"{field}_after": time}) == {"a"}
            assert await listed(catalog, **{f"{field}_after": time + later}) == set()
            assert await listed(catalog, **{f"{field}_before": time}) == set()
            assert await listed(catalog, **{f"{field}_before": time + later}) == {"a"}

    async def test_a_file_passes_all_filters_or_is_not_listed(self, catalog: CatalogPorts) -> None:
        await stored(catalog, name="song one", content_type="audio/mpeg", tags=("t",), metadata={"k": 1}, size=10)
        matching: dict[str, Any] = {
            "bucket": "default",
            "prefix": "song",
            "name": "song one",
            "words": ("on",),
            "content_type": "audio/*",
            "tags": ("t",),
            "metadata": {"k": 1},
            "min_size": 10,
            "max_size": 10,
        }
        others: dict[str, Any] = {
            "bucket": "songs",
            "prefix": "p",
            "name": "song",
            "words": ("two",),
            "content_type": "video/*",
            "tags": ("u",),
            "metadata": {"k": 2},
            "min_size": 11,
            "max_size": 9,
        }
        assert await listed(catalog, **matching) == {"song one"}
        for name, other in others.items():
            assert await listed(catalog, **{**matching, name: other}) == set()
