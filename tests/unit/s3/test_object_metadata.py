"""User metadata and tags of objects."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access.scopes import Scope
from service.s3.headers.labels import distinct_labels
from service.s3.headers.user_metadata import parse_user_metadata, user_metadata_fields
from tests.fakes.catalog import FakeCatalog
from tests.support.s3 import S3Client


def tagging(*pairs: tuple[str, str]) -> bytes:
    tags = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in pairs)
    return f"<Tagging><TagSet>{tags}</TagSet></Tagging>".encode()


async def metadata_of(s3: S3Client) -> dict[str, str]:
    headers = (await s3.send("HEAD", "/default/a")).headers
    return {name: value for name, value in headers.items() if name.startswith("x-amz-m")}


@pytest.mark.parametrize(
    ("sent", "kept", "given"),
    [
        ("plain text", "plain text", "plain text"),
        ("", "", ""),
        ("=?UTF-8?B?w6k=?=", "é", "=?UTF-8?B?w6k=?="),
        ("=?utf-8?q?caf=C3=A9?= =?utf-8?q?_2?=", "café 2", "=?UTF-8?B?Y2Fmw6kgMg==?="),
        ("=?nonsense?", "=?nonsense?", "=?UTF-8?B?PT9ub25zZW5zZT8=?="),
        ("=?nowhere?B?w6k=?=", "=?nowhere?B?w6k=?=", "=?UTF-8?B?PT9ub3doZXJlP0I/dzZrPT89?="),
        ("=?utf-7?q?+2AA-?=", "=?utf-7?q?+2AA-?=", "=?UTF-8?B?PT91dGYtNz9xPysyQUEtPz0=?="),
    ],
)
async def test_metadata_is_the_files_own(s3: S3Client, catalog: FakeCatalog, sent: str, kept: str, given: str) -> None:
    assert (await s3.send("PUT", "/default/a", headers={"x-amz-meta-Key": sent})).status == 200
    [file] = catalog.database.files.values()
    assert file.metadata == {"key": kept}
    assert await metadata_of(s3) == {"x-amz-meta-key": given}


@pytest.mark.parametrize(("sent", "kept"), [("é".encode(), "é"), (b"caf\xe9", "café"), ("日本".encode(), "日本")])
def test_bytes_beyond_ascii_are_utf_8_else_latin_1(sent: bytes, kept: str) -> None:
    assert parse_user_metadata({"x-amz-meta-k": sent.decode("latin-1")}) == {"k": kept}


async def test_a_new_object_has_its_own_metadata_alone(s3: S3Client) -> None:
    await s3.send("PUT", "/default/a", headers={"x-amz-meta-a": "1"})
    await s3.send("PUT", "/default/a", headers={"x-amz-meta-b": "2"})
    assert await metadata_of(s3) == {"x-amz-meta-b": "2"}


async def test_two_kilobytes_are_enough(s3: S3Client) -> None:
    fits = {"x-amz-meta-abcd": "x" * 2044}
    assert (await s3.send("PUT", "/default/a", headers=fits)).status == 200
    too_large = await s3.send("PUT", "/default/a", headers={"x-amz-meta-abcde": "x" * 2044})
    assert (too_large.status, too_large.code) == (400, "MetadataTooLarge")


async def test_a_line_feed_that_is_encoded_is_refused(s3: S3Client) -> None:
    answer = await s3.send("PUT", "/default/a", headers={"x-amz-meta-a": "=?UTF-8?B?YQ0KYjogYw==?="})
    assert (answer.status, answer.code) == (400, "InvalidArgument")


def test_members_that_no_header_carries_are_counted() -> None:
    metadata = {
        "text": "a",
        "number": 1,
        "list": [],
        "Upper": "b",
        "a b": "c",
        "é": "d",
        "lines": "a\nb",
        "long": "x" * 3000,
    }
    assert user_metadata_fields(metadata) == {"x-amz-meta-text": "a", "x-amz-missing-meta": "7"}


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=300))
def test_every_text_comes_back(value: str) -> None:
    fields = user_metadata_fields({"k": value})
    assert fields["x-amz-meta-k"].isascii()
    assert parse_user_metadata(fields) == {"k": value}


async def test_tags_are_kept_with_an_object(s3: S3Client) -> None:
    await s3.send("PUT", "/default/a", headers={"x-amz-tagging": "team=a%20b&empty"})
    assert (await s3.send("HEAD", "/default/a")).headers["x-amz-tagging-count"] == "2"
    tags = await s3.send("GET", "/default/a", "tagging")
    assert (tags.texts("TagSet/Tag/Key"), tags.texts("TagSet/Tag/Value")) == (["empty", "team"], [None, "a b"])
    put = await s3.send("PUT", "/default/a", "tagging", body=tagging(("é", "a+b")))
    assert (put.status, put.body) == (200, b"")
    tags = await s3.send("GET", "/default/a", "tagging")
    assert (tags.texts("TagSet/Tag/Key"), tags.texts("TagSet/Tag/Value")) == (["é"], ["a+b"])
    assert (await s3.send("DELETE", "/default/a", "tagging")).status == 204
    assert (await s3.send("GET", "/default/a", "tagging")).texts("TagSet/Tag") == []
    assert "x-amz-tagging-count" not in (await s3.send("HEAD", "/default/a")).headers


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_what_is_not_there_has_no_tags(s3: S3Client, method: str) -> None:
    answer = await s3.send(method, "/default/a", "tagging", body=tagging() if method == "PUT" else b"")
    assert (answer.status, answer.code) == (404, "NoSuchKey")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (tagging(("a", "1"), ("a", "2")), "InvalidTag"),
        (tagging(("", "1")), "InvalidTag"),
        (tagging(("x" * 129, "1")), "InvalidTag"),
        (tagging(("a", "x" * 257)), "InvalidTag"),
        (tagging(*((str(number), "") for number in range(11))), "InvalidTag"),
        (b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", "MalformedXML"),
        (b"<Tagging/>", "MalformedXML"),
        (b"<Tagging><TagSet><Other/></TagSet></Tagging>", "MalformedXML"),
        (b"", "MalformedXML"),
    ],
)
async def test_wrong_tags_change_nothing(s3: S3Client, body: bytes, code: str) -> None:
    """Pitfalls of S3, test 11."""
    await s3.send("PUT", "/default/a", headers={"x-amz-tagging": "k=v"})
    answer = await s3.send("PUT", "/default/a", "tagging", body=body)
    assert (answer.status, answer.code) == (400, code)
    assert (await s3.send("GET", "/default/a", "tagging")).texts("TagSet/Tag/Key") == ["k"]


@pytest.mark.parametrize(
    ("name", "value"), [("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="), ("x-amz-checksum-crc32", "AAAAAA==")]
)
@pytest.mark.parametrize("path", ["/default", "/default/a"])
async def test_tags_other_than_declared_change_nothing(s3: S3Client, path: str, name: str, value: str) -> None:
    await s3.send("PUT", "/default/a")
    answer = await s3.send("PUT", path, "tagging", headers={name: value}, body=tagging(("a", "1")))
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert b"<Tag>" not in (await s3.send("GET", path, "tagging")).body


async def test_the_right_to_tag_is_judged_before_the_body(
    s3: S3Client, scoped: Callable[..., Awaitable[S3Client]]
) -> None:
    await s3.send("PUT", "/default/a")
    reader = await scoped(Scope(actions=("read", "list"), bucket="default"))
    assert (await reader.send("PUT", "/default/a", "tagging", body=b"no XML")).code == "AccessDenied"
    assert (await s3.send("PUT", "/default/b", "tagging", body=b"no XML")).code == "NoSuchKey"


@pytest.mark.parametrize("value", ["a=1&a=2", "=1", "&".join(f"{n}=" for n in range(11)), "a=%FF"])
async def test_wrong_tags_in_a_header_store_nothing(s3: S3Client, catalog: FakeCatalog, value: str) -> None:
    answer = await s3.send("PUT", "/default/a", headers={"x-amz-tagging": value})
    assert (answer.status, answer.code in {"InvalidTag", "InvalidArgument"}) == (400, True)
    assert catalog.database.files == {}


def test_the_largest_tags_are_taken() -> None:
    labels = {f"{number}{'k' * 127}": "v" * 256 for number in range(10)}
    assert distinct_labels(labels.items()) == labels
