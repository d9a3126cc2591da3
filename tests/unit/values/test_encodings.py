"""Texts are decoded as WHATWG's Encoding standard says; the right values are from its tables."""

import codecs

import pytest

from domain.values.encodings.decoders import TextDecoder
from domain.values.encodings.labels import find_encoding


def decoded(data: bytes, encoding: str, *, size: int) -> str:
    """Decode `data` in chunks of `size` bytes."""
    decoder = TextDecoder(encoding)
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    return "".join(map(decoder.decode, chunks)) + decoder.decode(b"", final=True)


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("UTF8", "utf-8"),
        ("us-ascii", "windows-1252"),
        ("iso-8859-1", "windows-1252"),
        ("l1", "windows-1252"),
        ("iso_8859-1:1987", "windows-1252"),
        ("iso-8859-9", "windows-1254"),
        ("iso-8859-11", "windows-874"),
        ("tis-620", "windows-874"),
        ("logical", "iso-8859-8-i"),
        ("visual", "iso-8859-8"),
        ("sun_eu_greek", "iso-8859-7"),
        ("koi8_r", "koi8-r"),
        ("koi8-ru", "koi8-u"),
        ("x-mac-ukrainian", "x-mac-cyrillic"),
        ("mac", "macintosh"),
        ("gb2312", "gbk"),
        ("chinese", "gbk"),
        ("x-gbk", "gbk"),
        ("big5-hkscs", "big5"),
        ("x-x-big5", "big5"),
        ("x-euc-jp", "euc-jp"),
        ("csiso2022jp", "iso-2022-jp"),
        ("windows-31j", "shift_jis"),
        ("ms_kanji", "shift_jis"),
        ("x-sjis", "shift_jis"),
        ("euc-kr", "euc-kr"),
        ("ks_c_5601-1987", "euc-kr"),
        ("windows-949", "euc-kr"),
        ("unicode", "utf-16le"),
        ("utf-16", "utf-16le"),
        ("unicodefffe", "utf-16be"),
        ("x-user-defined", "x-user-defined"),
        ("\t\r\n Windows-1250 \f", "windows-1250"),
        # Python's own.
        ("latin-1", "windows-1252"),
        ("cp932", "shift_jis"),
        ("cp949", "euc-kr"),
        ("big5hkscs", "big5"),
        ("utf-32", "utf-32"),
        # Forbidden by the standard, or no encoding of the Web.
        ("hz-gb-2312", None),
        ("iso-2022-cn", None),
        ("replacement", None),
        ("utf-7", None),
        ("cp037", None),
        ("utf-8\0", None),
        ("é", None),
        ("x" * 300, None),
    ],
)
def test_a_label_stands_for_its_encoding_of_the_standard(label: str, encoding: str | None) -> None:
    assert find_encoding(label) == encoding


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("encoding", "data", "text"),
    [
        ("windows-1252", b"\x80\x81\x8d\x9d\xe9", "€\x81\x8d\x9dé"),
        ("windows-1251", b"\xcf\x98", "П\x98"),
        ("windows-1255", b"\xca", "\u05ba"),
        ("windows-874", b"\xa1\x81", "ก\x81"),
        ("koi8-u", b"\xae\xbe\xa4", "ўЎє"),
        ("macintosh", b"\xdb\xf0", "€\uf8ff"),
        ("x-mac-cyrillic", b"\xa2\xff", "Ґ€"),
        ("iso-8859-8-i", b"\xf9\xec", "של"),
        ("x-user-defined", b"a\x80\xff", "a\uf780\uf7ff"),
        ("shift_jis", b"\x87\x40\xfb\xfc\x81\x60\xb1\x5c\xf0\x40", "①髙～ｱ\\\ue000"),
        ("euc-jp", b"\xad\xa1\xa1\xc1\xfc\xe2\x8e\xb1\x8f\xb0\xa1", "①～髙ｱ丂"),
        ("iso-2022-jp", b"a\x1b$B\x2d\x21\x21\x41\x1b(I\x31\x1b(J\x5c\x1b(Bb", "a①～ｱ¥b"),
        ("euc-kr", b"\xb0\xa1\x81\x41\xc8\xfe", "가갂힝"),
        ("gbk", b"\x80\xc4\xe3\xa8\xbc\xa2\xe3\x81\x30\x84\x36", "€你ḿ€¥"),
        ("gb18030", b"\xa6\xd9\x94\x39\xda\x33\xfe\x59", "︐💩龴"),
        ("big5", b"\xa7\x41\x87\x40\xa3\xe1\x88\x62\xa1\x45\x8e\x69", "你䏰€Ê̄‧箸"),
        ("utf-16le", "Ж💩\ufeff".encode("utf-16-le"), "Ж💩\ufeff"),
        ("utf-16be", "Ж💩".encode("utf-16-be"), "Ж💩"),
        ("utf-32", "Ж💩".encode("utf-32"), "Ж💩"),
    ],
)
def test_bytes_are_decoded_as_the_standard_says_wherever_a_chunk_ends(
    encoding: str, data: bytes, text: str, size: int
) -> None:
    assert decoded(data, encoding, size=size) == text


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("utf-8", b"\xff"),
        ("utf-8", b"ab\xed\xa0\x80"),
        ("utf-16le", b"\x3d\xd8ab"),
        ("utf-16be", b"a"),
        ("iso-8859-7", b"\xff"),
        ("windows-1253", b"\xd2"),
        ("shift_jis", b"\xa0"),
        ("shift_jis", b"a\xff"),
        ("shift_jis", b"\x81"),
        ("euc-jp", b"\xa9\xa1"),
        ("euc-jp", b"\xff\xa1"),
        ("euc-jp", b"\xa4"),
        ("iso-2022-jp", b"\x1b$B\x7d\x7e\x1b(B"),
        ("iso-2022-jp", b"\x80"),
        ("euc-kr", b"\xff\xff"),
        ("gbk", b"\xff"),
        ("gb18030", b"\xc4"),
        ("big5", b"\x80"),
        ("big5", b"\xc8\xff"),
    ],
)
def test_bytes_that_are_not_text_are_refused(encoding: str, data: bytes, size: int) -> None:
    with pytest.raises(UnicodeError):
        decoded(data, encoding, size=size)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
@pytest.mark.parametrize("label", ["utf-8", "utf-16", "utf-16be", "iso-8859-1", "shift_jis", "gb18030"])
@pytest.mark.parametrize("text", ["", "a", "Grüße", "\ufeffa", "日本"])
def test_a_mark_decides_over_the_label_and_is_not_part_of_the_text(label: str, text: str, size: int) -> None:
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        encoding = find_encoding(label)
        assert encoding is not None
        assert decoded(mark + text.encode(codec), encoding, size=size) == text


@pytest.mark.parametrize("data", [b"\xef", b"\xef\xbb", b"\xfe", b"\xff", b"\xef\xbb\xbe"])
def test_a_mark_that_is_not_whole_is_text(data: bytes) -> None:
    assert decoded(data, "windows-1252", size=1) == data.decode("cp1252")
