"""Content types: read, compared, guessed."""

import pytest

from domain.values.errors import InvalidContentTypeError
from domain.values.media_types import (
    check_type_pattern,
    content_type_of,
    encoding_of,
    is_type_allowed,
    matches_type,
    parse_content_type,
    renamed_type,
)
from domain.values.type_tables.by_name import TYPES_BY_NAME


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        ("image/png", "image/png"),
        (" Text/HTML;Charset=UTF-8 ", "text/html; charset=UTF-8"),
        ('text/plain ; a="x; y" ;; b=2;', 'text/plain; a="x; y"; b=2'),
        ("application/vnd.api+json", "application/vnd.api+json"),
    ],
)
def test_a_content_type_is_made_regular(given: str, parsed: str) -> None:
    assert parse_content_type(given) == parsed
    assert parse_content_type(parsed) == parsed


@pytest.mark.parametrize(
    "given", ["", "text", "text/", "/x", "text/plain x", "text/plain; a", "a/b\r\nX: y", "a/b; c=é", "a/" + "b" * 254]
)
def test_a_malformed_type_is_refused(given: str) -> None:
    with pytest.raises(InvalidContentTypeError):
        parse_content_type(given)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a/photo.JPG", "image/jpeg"),
        ("song.mp3", "audio/mpeg"),
        ("page.html", "text/html"),
        ("sun.WebP", "image/webp"),
        ("README.md", "text/markdown"),
        ("report.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.tar.gz", "application/gzip"),
        ("A.TAR.GZ", "application/gzip"),
        ("a.tar.bz2", "application/x-bzip2"),
        ("Data: Q1, Q2.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("data:,x.png", "image/png"),
        ("http://a/b.pdf?c=d.txt", "text/plain"),
        ("#1;type=a.pdf", "application/pdf"),
        ("dir.png/README", "application/octet-stream"),
        (".png", "application/octet-stream"),
        ("..png", "application/octet-stream"),
        ("a.", "application/octet-stream"),
        ("a.bin", "application/octet-stream"),
    ],
)
def test_a_file_that_is_sent_without_a_type_gets_that_of_its_name(name: str, content_type: str) -> None:
    assert content_type_of(name) == content_type


@pytest.mark.parametrize(
    ("extensions", "content_type"),
    [
        ("yml yaml", "application/yaml"),
        ("ts", "video/mp2t"),
        ("m4v", "video/x-m4v"),
        ("m4s", "video/iso.segment"),
        ("mpd", "application/dash+xml"),
        ("m3u8", "application/vnd.apple.mpegurl"),
        ("oga ogg opus", "audio/ogg"),
        ("ogv", "video/ogg"),
        ("ttf", "font/ttf"),
        ("otf", "font/otf"),
        ("woff", "font/woff"),
        ("woff2", "font/woff2"),
        ("epub", "application/epub+zip"),
        ("geojson", "application/geo+json"),
        ("ndjson", "application/x-ndjson"),
        ("jsonl", "application/jsonl"),
        ("xz", "application/x-xz"),
        ("zst", "application/zstd"),
        ("7z", "application/x-7z-compressed"),
        ("rar", "application/vnd.rar"),
        ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
        ("odp", "application/vnd.oasis.opendocument.presentation"),
        ("deb", "application/vnd.debian.binary-package"),
        ("rpm", "application/x-redhat-package-manager"),
        ("apk", "application/vnd.android.package-archive"),
        ("xlsm", "application/vnd.ms-excel.sheet.macroenabled.12"),
        ("heic", "image/heic"),
        ("jxl", "image/jxl"),
        ("psd", "image/vnd.adobe.photoshop"),
        ("mid midi", "audio/midi"),
        ("wma", "audio/x-ms-wma"),
        ("flv", "video/x-flv"),
        ("ics", "text/calendar"),
        ("glb", "model/gltf-binary"),
        ("sqlite", "application/vnd.sqlite3"),
        ("js mjs", "text/javascript"),
    ],
)
def test_one_table_knows_the_extensions_in_use(extensions: str, content_type: str) -> None:
    for extension in extensions.split():
        assert content_type_of(f"a/b.{extension}") == content_type_of(f"B.{extension.upper()}") == content_type


def test_the_table_has_types_that_a_file_may_have() -> None:
    for content_type in TYPES_BY_NAME:
        assert parse_content_type(content_type) == content_type


@pytest.mark.parametrize(
    "given",
    [
        "application/octet-stream",
        "Application/Octet-Stream; charset=binary",
        "binary/octet-stream",
        "application/x-www-form-urlencoded",
        "",
        None,
    ],
)
def test_a_declared_type_that_says_nothing_leaves_it_to_the_name(given: str | None) -> None:
    assert content_type_of("song.mp3", given) == "audio/mpeg"
    assert content_type_of("song", given) == "application/octet-stream"


def test_a_declared_type_counts_for_more_than_the_name() -> None:
    assert content_type_of("song.mp3", "text/plain") == "text/plain"


@pytest.mark.parametrize(
    ("content_type", "name", "new_name", "renamed"),
    [
        ("application/octet-stream", "draft", "draft.pdf", "application/pdf"),
        ("text/plain", "a.txt", "a.md", "text/markdown"),
        ("text/plain", "a.txt", "b", "text/plain"),
        ("text/plain", "a.txt", "b.unknown", "text/plain"),
        ("image/png", "a.txt", "b.md", "image/png"),
        ("text/plain; charset=utf-16", "a.txt", "b.md", "text/plain; charset=utf-16"),
        ("application/octet-stream", "a.png", "b.gif", "application/octet-stream"),
        ("image/png", "sniffed", "b.txt", "image/png"),
    ],
)
def test_a_type_that_came_from_the_name_follows_it(content_type: str, name: str, new_name: str, renamed: str) -> None:
    assert renamed_type(content_type, name, new_name) == renamed


@pytest.mark.parametrize(
    ("content_type", "pattern", "allowed"),
    [
        ("image/jpg", "image/jpeg", True),
        ("image/jpeg", "image/jpg", True),
        ("audio/mp3", "audio/mpeg", True),
        ("application/x-zip-compressed", "application/zip", True),
        ("application/x-gzip", "application/gzip", True),
        ("application/x-font-ttf", "font/*", True),
        ("audio/x-wav", "audio/wave", True),
        ("image/jpg; q=1", "image/jpeg", True),
        ("image/jpg", "image/png", False),
        ("application/zip", "application/gzip", False),
        ("image/png", "*/*", True),
    ],
)
def test_a_type_is_allowed_by_any_of_its_names(content_type: str, pattern: str, *, allowed: bool) -> None:
    assert is_type_allowed(content_type, pattern) is allowed


@pytest.mark.parametrize(
    ("content_type", "pattern", "matches"),
    [
        ("image/png", "image/*", True),
        ("image/png", "image/png", True),
        ("image/png", "*/*", True),
        ("text/plain; charset=utf-8", "text/plain", True),
        ("imagex/png", "image/*", False),
        ("text/plainer", "text/plain", False),
    ],
)
def test_a_pattern_matches_the_type_whatever_its_parameters(content_type: str, pattern: str, *, matches: bool) -> None:
    assert matches_type(content_type, pattern) is matches


@pytest.mark.parametrize("pattern", ["", "*", "image", "*/png", "image/p*", "a/b; c=d"])
def test_a_pattern_of_another_form_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidContentTypeError):
        check_type_pattern(pattern)


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [
        ("text/plain", "utf-8"),
        ('text/plain; charset="ISO-8859-1"', "windows-1252"),
        ("text/plain; charset=Shift_JIS", "shift_jis"),
        ('text/plain; charset=" utf\\-8 "', "utf-8"),
        ("text/plain; charset=gbk; charset=utf-8", "gbk"),
        ("text/plain; format=flowed; charset=koi8", "koi8-r"),
        ("text/plain; charset=rot13", None),
        ("text/plain; charset=zlib", None),
        ("text/plain; charset=idna", None),
        ("text/plain; charset=utf-7", None),
        ("text/plain; charset=iso-2022-kr", None),
        ('text/plain; charset=""', None),
        ("text/plain; charset=no-such-thing", None),
    ],
)
def test_the_charset_is_an_encoding_of_the_web_or_nothing(content_type: str, encoding: str | None) -> None:
    assert encoding_of(content_type) == encoding
