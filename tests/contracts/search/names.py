"""The contract of names in listings: either normal form, every script, any case."""

import unicodedata
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.access.callers import ROOT
from domain.files.name_forms import after_prefix, forms_of
from domain.files.names import search_words
from domain.files.search.where import parse_where
from domain.values.folding import compose, fold
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.search.filters import listed
from tests.contracts.setup import CatalogPorts, changed, stored

# A name in NFC, and a search that finds it.
SCRIPTS = {
    "French": ("notes/Résumé café.txt", "résumé"),
    "Vietnamese": ("Tiếng Việt/Hồ Chí Minh.txt", "việt chí"),
    "German": ("Größe.txt", "GRÖSSE"),
    "Turkish": ("İSTANBUL.txt", "istanbul"),
    "Turkish, dotless": ("ısı.txt", "ısı"),
    "Greek": ("ΟΔΟΣ Ἀθῆναι.txt", "οδος ἀθῆναι"),
    "Cyrillic": ("Йогурт ёлка.txt", "йогурт ЁЛКА"),
    "Devanagari": ("हिन्दी किताब.txt", "हिन्दी किताब"),
    "Bengali": ("কোলকাতা.txt", "কোলকাতা"),
    "Tamil": ("கொழும்பு.txt", "கொழும்பு"),
    "Thai": ("ที่อยู่.txt", "ที่อยู่"),
    "Hebrew": ("שָׁלוֹם.txt", "שָׁלוֹם"),
    "Arabic": ("مُحَمَّد آب.txt", "مُحَمَّد آب"),
    "Persian": ("می\u200cخواهم.txt", "میخواهم"),
    "Korean": ("한글 문서.txt", "한글"),
    "Japanese": ("ガギグ ﾊﾟﾋﾟ.txt", "ガギグ パピ"),
    "mathematical": ("𝐀 ﬁle ½.txt", "a file"),
}
Form = Literal["NFC", "NFD"]
FORMS: tuple[Form, ...] = ("NFC", "NFD")
LETTERS = "aeiıİIsSßςσ\u0301\u0323\u0307\u0327\u3099가각각éÉệEÅ\u212b\u212aKk/. _-%日か"
NAMES = st.text(st.sampled_from(LETTERS), min_size=1, max_size=6).filter(lambda text: text.strip("/. ") == text)


def filters_of(text: str, form: Form) -> list[dict[str, Any]]:
    """Return the filters that find a name of this text, which is composed; they have the form."""
    conditions: list[tuple[str, str]] = [
        ("eq", text),
        ("like", f"%{text[1:]}"),
        ("like", f"{text[:3]}%"),
        ("ilike", f"%{text}"),
        ("ilike", text.lower()),
        ("ilike", f"{text[:-4]}____"),
    ]
    where: list[dict[str, Any]] = [{each: unicodedata.normalize(form, value)} for each, value in conditions]
    where.append({"in": ["other", unicodedata.normalize(form, text)]})
    asked = {"name": text, "prefix": text.partition(".")[0]}
    return [
        *({filter_: unicodedata.normalize(form, value)} for filter_, value in asked.items()),
        *({"where": parse_where({"name": each})} for each in where),
    ]


class TestNamesInListings:
    @pytest.mark.parametrize("asked", FORMS)
    @pytest.mark.parametrize("given", FORMS)
    @pytest.mark.parametrize("script", SCRIPTS)
    async def test_a_name_of_any_script_is_found_in_either_form(
        self, catalog: CatalogPorts, script: str, given: Form, asked: Form
    ) -> None:
        composed, search = SCRIPTS[script]
        name, text = unicodedata.normalize(given, composed), unicodedata.normalize(asked, composed)
        await stored(catalog, name=name)
        await stored(catalog, name="another.txt")
        for filters in filters_of(composed, asked):
            assert await listed(catalog, **filters) == {name}, filters
        words = search_words(unicodedata.normalize(asked, search))
        assert await listed(catalog, words=words) == {name}
        assert await listed(catalog, where=parse_where({"name": {"ne": text}})) == {"another.txt"}

    async def test_two_forms_of_a_name_are_two_files_and_both_are_found(self, catalog: CatalogPorts) -> None:
        names = {"é.txt", "e\u0301.txt"}
        for name in names:
            await stored(catalog, name=name)
        for form in FORMS:
            for filters in filters_of("é.txt", form):
                assert await listed(catalog, **filters) == names, filters

    @pytest.mark.parametrize(
        ("prefix", "begun"),
        [
            ("cafe", {"cafe", "cafeteria"}),
            ("café", {"café", "cafe\u0301", "café/menu", "cafe\u0301/menu"}),
            ("가", {"가나", "\u1100\u1161나"}),
            ("ᄀ", set()),
            ("か", {"か"}),
            ("ê", {"ê"}),
            ("কে", set()),
        ],
    )
    async def test_a_prefix_ends_where_a_letter_does(self, catalog: CatalogPorts, prefix: str, begun: set[str]) -> None:
        names = [
            *("cafe", "cafeteria", "café", "cafe\u0301", "café/menu", "cafe\u0301/menu"),
            "각",
            "\u1100\u1161\u11a8",
        ]
        names += [*("가나", "\u1100\u1161나", "か", "が", "か\u3099", "ê", "ế", "e\u0302\u0301"), "কো", "ক\u09c7\u09be"]
        for name in names:
            await stored(catalog, name=name)
        assert await listed(catalog, prefix=prefix) == begun
        assert await listed(catalog, prefix=unicodedata.normalize("NFD", prefix)) == begun

    @pytest.mark.parametrize(
        ("text", "name"), [("cafe", "café"), ("हिन", "हिन्दी"), ("n", "ñandú"), ("한", "하늘"), ("istanbul", "ıstanbul")]
    )
    async def test_a_letter_with_a_mark_is_another_letter(self, catalog: CatalogPorts, text: str, name: str) -> None:
        for form in FORMS:
            await stored(catalog, name=unicodedata.normalize(form, name))
        found = name.startswith(text)
        assert bool(await listed(catalog, words=search_words(text))) == found
        assert bool(await listed(catalog, where=parse_where({"name": {"ilike": f"{text}%"}}))) == found

    async def test_a_pattern_counts_a_letter_with_its_marks_as_one(self, catalog: CatalogPorts) -> None:
        names = {"café", "cafe\u0301"}
        for name in names:
            await stored(catalog, name=name)
        for operator in ("like", "ilike"):
            assert await listed(catalog, where=parse_where({"name": {operator: "caf_"}})) == names
            assert await listed(catalog, where=parse_where({"name": {operator: "caf__"}})) == set()
        await stored(catalog, name="Straße")
        for pattern in ("STRA_E", "stra__e"):
            assert await listed(catalog, where=parse_where({"name": {"ilike": pattern}})) == {"Straße"}

    async def test_metadata_are_like_a_pattern_in_either_form(self, catalog: CatalogPorts) -> None:
        await stored(catalog, name="nfc", metadata={"artist": "Björk"})
        await stored(catalog, name="nfd", metadata={"artist": "Bjo\u0308rk"})
        for pattern in ("Björ%", "Bjo\u0308r%", "Bj_rk"):
            for operator in ("like", "ilike"):
                where = parse_where({"metadata.artist": {operator: pattern}})
                assert await listed(catalog, where=where) == {"nfc", "nfd"}

    async def test_a_search_follows_a_file_that_is_renamed_to_another_form(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name="Ä.txt")
        file = await changed(catalog, file, name="Ö.txt")
        assert await listed(catalog, where=parse_where({"name": {"ilike": "ä%"}})) == set()
        assert await listed(catalog, where=parse_where({"name": {"ilike": "ö%"}})) == {"Ö.txt"}
        await changed(catalog, file, name="O.txt")
        assert await listed(catalog, where=parse_where({"name": {"ilike": "ö%"}})) == set()
        assert await listed(catalog, where=parse_where({"name": {"ilike": "o%"}})) == {"O.txt"}

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(name=NAMES, other=NAMES)
    async def test_any_name_is_found_by_the_rules(self, catalog: CatalogPorts, name: str, other: str) -> None:
        file = await stored(catalog, name=name)
        folded = other.replace("%", "\\%").replace("_", "\\_")
        expected: dict[str, tuple[dict[str, Any], bool]] = {
            "name": ({"name": other}, name in forms_of(other)),
            "prefix": ({"prefix": other}, after_prefix(name, other) is not None),
            "like": ({"where": parse_where({"name": {"like": folded}})}, compose(name) == compose(other)),
            "ilike": ({"where": parse_where({"name": {"ilike": folded}})}, fold(name) == fold(other)),
        }
        for filter_, (filters, found) in expected.items():
            assert await listed(catalog, **filters) == ({name} if found else set()), filter_
        for form in FORMS:
            assert await listed(catalog, name=unicodedata.normalize(form, name)) <= {name}
        await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
