"""XML in is bounded, and XML out can be read again."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.s3.errors import S3Error
from service.s3.xml import MAX_DEPTH, MAX_ELEMENTS, document, element, parse, text

BOMB = b"""<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><Delete>&c;</Delete>"""
OUTSIDE = b"""<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><Delete>&b;</Delete>"""
# Of XML 1.0, section 2.2.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="￾￿").filter(
    lambda each: each in "\t\n\r" or each >= " "
)


def test_elements_are_read_by_name_whatever_their_namespace() -> None:
    read = parse(
        b'<Delete xmlns="urn:a"><x:Object xmlns:x="urn:b"><Key> a </Key></x:Object><Object/></Delete>', "Delete"
    )
    assert [each.get("Key") for each in read.all("Object")] == [" a ", None]
    assert read.find("Quiet") is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no XML",
        b"<Delete>",
        b"<Delete/><Delete/>",
        b"<Other/>",
        b"<!DOCTYPE Delete><Delete/>",
        BOMB,
        OUTSIDE,
        b"<Delete>&unknown;</Delete>",
        b"<Delete>\xff</Delete>",
        b"<Delete>\0</Delete>",
        b'<?xml version="1.0" encoding="unknown"?><Delete/>',
        b'<?xml version="1.0" encoding="utf-7"?><Delete/>',
        b'<?xml version="1.0" encoding="idna"?><Delete/>',
        b"<Delete>" + b"<a>" * MAX_DEPTH + b"</a>" * MAX_DEPTH + b"</Delete>",
        b"<Delete>" + b"<a/>" * MAX_ELEMENTS + b"</Delete>",
    ],
    ids=lambda body: str(body[:40]),
)
def test_what_is_no_plain_document_of_the_kind_is_refused(body: bytes) -> None:
    with pytest.raises(S3Error) as refused:
        parse(body, "Delete")
    assert refused.value.code == "MalformedXML"


def test_a_document_at_the_limits_is_read() -> None:
    deep = parse(b"<Delete>" + b"<a>" * (MAX_DEPTH - 1) + b"</a>" * (MAX_DEPTH - 1) + b"</Delete>", "Delete")
    wide = parse(b"<Delete>" + b"<a/>" * (MAX_ELEMENTS - 1) + b"</Delete>", "Delete")
    assert deep.find("a") is not None
    assert len(wide.children) == MAX_ELEMENTS - 1


@given(st.text(CHARACTERS))
def test_text_comes_back_as_it_was(value: str) -> None:
    assert parse(document("Root", element("Outer", text("Key", value))), "Root").children[0].get("Key") == value


def test_characters_that_xml_has_not_are_replaced() -> None:
    assert text("Key", "a\0b\x1fc\ud800￿") == "<Key>a�b�c��</Key>"


def test_values_are_written_as_s3_writes_them() -> None:
    time = datetime(2026, 11, 27, 12, 30, 15, 123_456, tzinfo=UTC)
    rendered = [text("A", each) for each in (True, 12, time)]
    assert rendered == ["<A>true</A>", "<A>12</A>", "<A>2026-11-27T12:30:15.123Z</A>"]
