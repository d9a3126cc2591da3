"""`Content-Disposition` (RFC 6266)."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.http.headers.disposition import content_disposition, is_safe_inline

# RFC 6266, section 4.1, with a quoted string that needs no escapes, and RFC 8187, section 3.2.1.
HEADER = re.compile(
    r'(inline|attachment); filename="([\x20\x21\x23-\x5b\x5d-\x7e]+)"'
    r"(?:; filename\*=UTF-8''((?:%[0-9A-F]{2}|[0-9A-Za-z!#$&+.^_`|~-])*))?"
)
# Names of slashes, dots and spaces alone are rare in any text.
NAMES = st.text(min_size=1) | st.text(st.sampled_from("/. a"), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("name", "plain", "extended"),
    [
        ("été.mp3", "ete.mp3", "%C3%A9t%C3%A9.mp3"),
        ("€ rates", "_ rates", "%E2%82%AC%20rates"),
        ("музыка 🎵", "______ _", "%D0%BC%D1%83%D0%B7%D1%8B%D0%BA%D0%B0%20%F0%9F%8E%B5"),
        ('a"b\\c.txt', "a_b_c.txt", "a%22b_c.txt"),
        ("100%41.txt", "100_41.txt", "100%2541.txt"),
        ("!#$&+-.^_`|~", "!#$&+-.^_`_~", "!#$&+-.^_`|~"),
    ],
)
def test_a_name_stands_in_ascii_and_as_it_is(name: str, plain: str, extended: str) -> None:
    expected = f"filename=\"{plain}\"; filename*=UTF-8''{extended}"
    assert content_disposition(name, inline=True) == f"inline; {expected}"
    assert content_disposition(name, inline=False) == f"attachment; {expected}"


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("report.pdf", "report.pdf"),
        ("a/b/report 1.pdf", "report 1.pdf"),
        ("..\\..\\c.txt", ".._.._c.txt"),
        ("it's (1); a=b.txt", "it's (1); a=b.txt"),
        (".bashrc", ".bashrc"),
        ("folder/", "folder"),
        ("a/..", "_"),
        ("./.", "_"),
        ("/", "_"),
        ("//", "_"),
        (" ", "_"),
        ("...", "_"),
        ("a/. ./", "_"),
    ],
)
def test_a_name_that_is_the_same_in_ascii_stands_once(name: str, plain: str) -> None:
    assert content_disposition(name, inline=False) == f'attachment; filename="{plain}"'


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a/\u2025", "__"),
        ("a/.\u0301", "_"),
        ("a/.\u0301.", "__"),
        ("\u3000", "_"),
        ("\u00a8", "_"),
        ("\u0301", "_"),
        ("\u2024\u2024\u2024", "___"),
        ("notes.", "notes_"),
        ("notes. .", "notes___"),
        ("\u3000notes", "_notes"),
        ("con.txt", "_con.txt"),
        ("\uff23\uff2f\uff2e", "_CON"),
        ("COM\u00b9.tar.gz", "_COM1.tar.gz"),
        ("x" * 300 + ".pdf", "x" * 251 + ".pdf"),
        ("\u00e9" * 300, "e" * 255),
    ],
)
def test_the_name_in_ascii_is_one_that_every_client_can_save(name: str, plain: str) -> None:
    assert content_disposition(name, inline=False).startswith(f"attachment; filename=\"{plain}\"; filename*=UTF-8''")


@given(name=NAMES, inline=st.booleans())
def test_whatever_the_name_the_header_is_well_formed_and_gives_it_back(name: str, inline: bool) -> None:
    assume(not re.search("[\ud800-\udfff]", name))
    header = HEADER.fullmatch(content_disposition(name, inline=inline))
    assert header is not None
    assert header[1] == ("inline" if inline else "attachment")
    *_, last = [segment for segment in name.split("/") if segment] or [""]
    exact = last.replace("\\", "_") if last.strip(" .") else "_"
    assert unquote(header[2] if header[3] is None else header[3]) == exact
    assert header[2][0] != " "
    assert header[2][-1] not in " ."
    assert len(header[2]) <= 255


@pytest.mark.parametrize("content_type", ["image/png", "audio/flac", "video/mp4", "text/plain; charset=utf-8"])
def test_a_type_that_no_browser_runs_is_shown(content_type: str) -> None:
    assert is_safe_inline(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "text/html",
        "text/html; charset=utf-8",
        "application/xhtml+xml",
        "image/svg+xml",
        "text/xml",
        "application/xml",
        "application/rss+xml",
        "application/mathml+xml",
        "text/javascript",
        "text/css",
        "application/pdf",
        "application/wasm",
        "application/octet-stream",
        "multipart/x-mixed-replace; boundary=image/png",
        "message/rfc822",
        "image/unknown",
        "a/b",
    ],
)
def test_everything_else_is_saved(content_type: str) -> None:
    assert not is_safe_inline(content_type)
