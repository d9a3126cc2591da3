"""Content types: read, compared, guessed."""

import pytest

from domain.values.errors import InvalidContentTypeError
from domain.values.media_types import check_type_pattern, content_type_of, encoding_of, matches_type, parse_content_type


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
        ("archive.tar.gz", "application/octet-stream"),
        ("dir.png/README", "application/octet-stream"),
    ],
)
def test_a_file_that_is_sent_without_a_type_gets_that_of_its_name(name: str, content_type: str) -> None:
    assert content_type_of(name) == content_type


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
