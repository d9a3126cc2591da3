"""Names of files in an archive."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.files.errors import InvalidNameError
from domain.files.names import check_file_name, check_path_name
from domain.values.folding import compose
from service.http.resources.archives.zip.names import names_in_archive
from tests.support.factories import MemberFactory


def renamed(*names: str) -> list[str]:
    """Return the names in an archive of files with these names."""
    member = MemberFactory.build()
    return names_in_archive([replace(member, name=name) for name in names])


def test_files_keep_their_names() -> None:
    names = ["a", "b/c.txt", "Grüße/日本.txt", "B/D.txt", "b/.hidden", "b/...x", "cc:/x", "12:30", "c.", "e\u0301", "e"]
    assert renamed(*names) == names


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a\\b", "a_b"),
        ("..\\..\\evil.exe", ".._.._evil.exe"),
        ("\\\\host\\share", "__host_share"),
        ("C:/windows", "C_/windows"),
        ("c:evil", "c_evil"),
        ("a/D:x", "a/D_x"),
        (".. /x", "___/x"),
        ("a/.../b", "a/___/b"),
        ("a/. .", "a/___"),
        (" ", "_"),
        ("../../evil", "__/__/evil"),
        ("/etc/passwd", "_/etc/passwd"),
        ("a//b", "a/_/b"),
        ("folder/", "folder/_"),
        ("/", "_/_"),
        ("///", "_/_/_/_"),
        ("/./. /..", "_/_/__/__"),
    ],
)
def test_a_character_that_would_lead_an_extractor_astray_is_a_low_line(name: str, safe: str) -> None:
    check_file_name(name)  # a file may have it
    assert renamed(name) == [safe]


def test_names_that_become_alike_are_numbered() -> None:
    assert renamed("a\\b.txt", "a_b.txt", "a_b (2).txt") == ["a_b.txt", "a_b (3).txt", "a_b (2).txt"]


@pytest.mark.parametrize(
    ("first", "second", "numbered"),
    [
        ("é.txt", "e\u0301.txt", "e\u0301 (2).txt"),
        ("각/a", "\u1100\u1161\u11a8/a", "\u1100\u1161\u11a8/a (2)"),
        ("README.md", "readme.md", "readme (2).md"),
        ("İ", "i", "i (2)"),
        ("Dir/a.txt", "dir/A.txt", "dir/A (2).txt"),
        ("a", "a.", "a (2)."),
        ("a /b", "a/b", "a/b (2)"),
        ("a?.txt", "a*.txt", "a* (2).txt"),
        ("12:30", "12_30", "12_30 (2)"),
    ],
)
def test_names_that_are_one_somewhere_are_numbered(first: str, second: str, numbered: str) -> None:
    assert renamed(first, second) == [first, numbered]
    assert renamed(first, "x") == [first, "x"]


def test_a_file_is_no_directory_of_another_in_another_form_or_case() -> None:
    assert renamed("A", "a/b", "É", "e\u0301/b") == ["A (2)", "a/b", "É (2)", "e\u0301/b"]
    assert renamed("a (2).txt", "A.txt", "a.TXT", "A (3).TXT") == ["a (2).txt", "A.txt", "a (4).TXT", "A (3).TXT"]


def test_a_file_that_is_also_a_directory_gets_out_of_the_way() -> None:
    assert renamed("a", "a/b", "a/b.c", "a/b.c/d", "a (2)", "a0") == [
        "a (3)",
        "a/b",
        "a/b (2).c",
        "a/b.c/d",
        "a (2)",
        "a0",
    ]
    assert renamed("x.y", "x.y/1", "x (2).y/1") == ["x (3).y", "x.y/1", "x (2).y/1"]


def test_files_of_several_buckets_stand_under_their_buckets() -> None:
    members = [MemberFactory.build(bucket=bucket, name="a") for bucket in ("one", "two")]
    assert names_in_archive(members) == ["one/a", "two/a"]


def test_many_names_alike_take_no_longer_than_others() -> None:
    # One search for each of them from the start would take some hundred million steps.
    names = [format(number, "014b").replace("0", "\\").replace("1", "_") for number in range(10_000)]
    assert len(set(renamed(*names))) == 10_000


SEGMENTS = st.text(st.sampled_from("aAB.\\:? (2)é\u0301"), max_size=5)


@given(st.sets(st.lists(SEGMENTS, min_size=1, max_size=3).map("/".join), max_size=12))
def test_every_file_has_a_place_of_its_own_inside(names: set[str]) -> None:
    allowed = []
    for name in names:
        try:
            allowed.append(check_file_name(name))
        except InvalidNameError:
            continue
    given_names = renamed(*allowed)
    alike = {compose(name).casefold().replace(":", "_").replace("?", "_") for name in given_names}
    assert len(given_names) == len(allowed) == len(alike)
    for name in given_names:
        check_path_name(name)
        assert not re.search(r"\\|(?:^|/)[A-Za-z]:|(?:^|/)[. ]+(?:/|$)", name)
        assert not any(other.startswith(f"{name}/") for other in given_names)
