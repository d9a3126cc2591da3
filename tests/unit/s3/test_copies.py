"""CopyObject."""

import pytest

from domain.blobs.model import BlobPart
from tests.fakes.catalog import FakeCatalog
from tests.support.s3 import S3Client

TEXT = b"hello"
OWN = {
    "content-type": "text/css",
    "cache-control": "no-cache",
    "x-amz-meta-a": "1",
    "x-amz-tagging": "t=1",
    "x-amz-checksum-sha1": "qvTGHdzF6KLavt4PO0gs2a6pQ00=",
}


async def described(s3: S3Client, path: str) -> dict[str, str]:
    names = ("content-type", "cache-control", "x-amz-meta-a", "x-amz-meta-b", "x-amz-tagging-count", "etag")
    headers = (await s3.send("HEAD", path)).headers
    return {name: headers[name] for name in names if name in headers}


async def test_a_copy_is_like_its_original(s3: S3Client, catalog: FakeCatalog) -> None:
    await s3.send("PUT", "/default/a", body=TEXT, headers=OWN)
    for source in ("default/a", "/default/a", "default/%61", "/default/a?versionId=null"):
        answer = await s3.send("PUT", "/default/b", headers={"x-amz-copy-source": source})
        assert answer.status == 200
        assert answer.xml.tag == "CopyObjectResult"
        assert answer.text("ETag") == (await s3.send("HEAD", "/default/a")).headers["etag"]
        assert (answer.text("ChecksumSHA1"), answer.text("ChecksumType")) == (OWN["x-amz-checksum-sha1"], "FULL_OBJECT")
    assert await described(s3, "/default/b") == await described(s3, "/default/a")
    assert (await s3.send("GET", "/default/b")).body == TEXT
    assert len({file.blob_key for file in catalog.database.files.values()}) == 1


async def test_directives_say_what_is_replaced(s3: S3Client) -> None:
    await s3.send("PUT", "/default/a", body=TEXT, headers=OWN)
    before = await described(s3, "/default/a")
    given = {"x-amz-copy-source": "default/a", "content-type": "image/png", "x-amz-meta-b": "2", "x-amz-tagging": ""}
    await s3.send("PUT", "/default/b", headers=given)
    assert await described(s3, "/default/b") == before
    await s3.send("PUT", "/default/b", headers={**given, "x-amz-metadata-directive": "REPLACE"})
    replaced = await described(s3, "/default/b")
    assert replaced == {
        "content-type": "image/png",
        "cache-control": "private, no-cache",
        "x-amz-meta-b": "2",
        "x-amz-tagging-count": "1",
        "etag": before["etag"],
    }
    await s3.send("PUT", "/default/b", headers={**given, "x-amz-tagging-directive": "REPLACE"})
    assert "x-amz-tagging-count" not in await described(s3, "/default/b")


async def test_a_copy_to_itself_must_replace_its_metadata(s3: S3Client) -> None:
    await s3.send("PUT", "/default/a", body=TEXT, headers=OWN)
    same = await s3.send("PUT", "/default/a", headers={"x-amz-copy-source": "default/a"})
    assert (same.status, same.code) == (400, "InvalidRequest")
    headers = {"x-amz-copy-source": "default/a", "x-amz-metadata-directive": "REPLACE", "x-amz-meta-b": "2"}
    assert (await s3.send("PUT", "/default/a", headers=headers)).status == 200
    found = await described(s3, "/default/a")
    assert (found.get("x-amz-meta-a"), found["x-amz-meta-b"]) == (None, "2")
    assert (await s3.send("GET", "/default/a")).body == TEXT


@pytest.mark.parametrize(
    ("source", "headers", "status", "code"),
    [
        ("default/nothing", {}, 404, "NoSuchKey"),
        ("nowhere/a", {}, 404, "NoSuchBucket"),
        ("default", {}, 400, "InvalidArgument"),
        ("default/", {}, 400, "InvalidArgument"),
        ("", {"x-amz-copy-source": " "}, 400, "InvalidArgument"),
        ("default/%FF", {}, 400, "InvalidArgument"),
        ("default/a?versionId=1", {}, 400, "InvalidArgument"),
        ("default/a", {"x-amz-metadata-directive": "MOVE"}, 400, "InvalidArgument"),
        ("default/a", {"x-amz-checksum-algorithm": "SHA256"}, 501, "NotImplemented"),
        ("default/a", {"x-amz-checksum-algorithm": "SHA3"}, 400, "InvalidRequest"),
        ("default/a", {"x-amz-copy-source-if-match": '"0"'}, 412, "PreconditionFailed"),
        ("default/a", {"x-amz-copy-source-if-none-match": "*"}, 412, "PreconditionFailed"),
        (
            "default/a",
            {"x-amz-copy-source-if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT"},
            412,
            "PreconditionFailed",
        ),
        (
            "default/a",
            {"x-amz-copy-source-if-unmodified-since": "Thu, 01 Jan 2015 00:00:00 GMT"},
            412,
            "PreconditionFailed",
        ),
        ("default/a", {"if-match": "*"}, 404, "NoSuchKey"),
        ("default/a", {"x-amz-acl": "public-read"}, 400, "AccessControlListNotSupported"),
    ],
)
async def test_a_copy_that_is_refused_is_not_made(
    s3: S3Client, catalog: FakeCatalog, source: str, headers: dict[str, str], status: int, code: str
) -> None:
    await s3.send("PUT", "/default/a", body=TEXT)
    answer = await s3.send("PUT", "/default/b", headers={"x-amz-copy-source": source, **headers})
    assert (answer.status, answer.code) == (status, code)
    assert [file.name for file in catalog.database.files.values()] == ["a"]


async def test_a_copy_is_made_only_where_nothing_is(s3: S3Client) -> None:
    await s3.send("PUT", "/default/a", body=TEXT)
    headers = {"x-amz-copy-source": "default/a", "if-none-match": "*"}
    assert (await s3.send("PUT", "/default/b", headers=headers)).status == 200
    again = await s3.send("PUT", "/default/b", headers=headers)
    assert (again.status, again.code) == (412, "PreconditionFailed")


async def test_attributes_are_those_that_are_asked_for(s3: S3Client) -> None:
    await s3.send("PUT", "/default/a", body=TEXT, headers=OWN)
    asked = {"x-amz-object-attributes": "ETag, Checksum,ObjectSize,StorageClass,ObjectParts"}
    found = await s3.send("GET", "/default/a", "attributes", headers=asked)
    assert (found.status, found.xml.tag) == (200, "GetObjectAttributesResponse")
    assert (found.text("ETag"), found.text("ObjectSize"), found.text("StorageClass")) == (
        (await s3.send("HEAD", "/default/a")).headers["etag"].strip('"'),
        "5",
        "STANDARD",
    )
    assert found.text("Checksum/ChecksumSHA1") == OWN["x-amz-checksum-sha1"]
    assert found.texts("ObjectParts") == []
    one = await s3.send("GET", "/default/a", "attributes", headers={"x-amz-object-attributes": "ObjectSize"})
    assert [each.tag for each in one.xml] == ["ObjectSize"]
    for wrong in ({}, {"x-amz-object-attributes": "Colour"}):
        answer = await s3.send("GET", "/default/a", "attributes", headers=wrong)
        assert (answer.status, answer.code) == (400, "InvalidArgument")


@pytest.fixture
async def in_parts(s3: S3Client, catalog: FakeCatalog) -> None:
    """An object of five bytes that came in parts of three and two."""
    await s3.send("PUT", "/default/a", body=TEXT, headers={"x-amz-checksum-crc32": "NhCmhg=="})
    [file] = catalog.database.files.values()
    catalog.database.blobs[file.blob_key].parts = (BlobPart(3, "AAAAAA=="), BlobPart(2, "AAAAAQ=="))


async def test_a_part_is_read_by_its_number(s3: S3Client, in_parts: None) -> None:
    for number, part, range_ in (("1", b"hel", "bytes 0-2/5"), ("2", b"lo", "bytes 3-4/5")):
        for method in ("GET", "HEAD"):
            answer = await s3.send(method, "/default/a", f"partNumber={number}")
            assert (answer.status, answer.headers["x-amz-mp-parts-count"]) == (206, "2")
            assert (answer.headers["content-range"], answer.headers["content-length"]) == (range_, str(len(part)))
            assert answer.body == (part if method == "GET" else b"")
    own = await s3.send("GET", "/default/a", "partNumber=2", headers={"x-amz-checksum-mode": "ENABLED"})
    assert (own.headers["x-amz-checksum-crc32"], own.headers["x-amz-checksum-type"]) == ("AAAAAQ==", "FULL_OBJECT")
    beyond = await s3.send("GET", "/default/a", "partNumber=3")
    assert (beyond.status, beyond.code) == (400, "InvalidPart")


@pytest.mark.parametrize(
    ("paging", "numbers", "is_truncated"),
    [
        ({}, ["1", "2"], "false"),
        ({"x-amz-max-parts": "1"}, ["1"], "true"),
        ({"x-amz-max-parts": "1", "x-amz-part-number-marker": "1"}, ["2"], "false"),
        ({"x-amz-part-number-marker": "2"}, [], "false"),
    ],
)
async def test_attributes_have_the_parts_in_pages(
    s3: S3Client, in_parts: None, paging: dict[str, str], numbers: list[str], is_truncated: str
) -> None:
    headers = {"x-amz-object-attributes": "ObjectParts", **paging}
    found = await s3.send("GET", "/default/a", "attributes", headers=headers)
    assert found.text("ObjectParts/PartsCount") == "2"
    assert found.text("ObjectParts/IsTruncated") == is_truncated
    assert found.texts("ObjectParts/Part/PartNumber") == numbers
    sizes = {"1": "3", "2": "2"}
    assert found.texts("ObjectParts/Part/Size") == [sizes[number] for number in numbers]
    checksums = {"1": "AAAAAA==", "2": "AAAAAQ=="}
    assert found.texts("ObjectParts/Part/ChecksumCRC32") == [checksums[number] for number in numbers]
    wrong = await s3.send("GET", "/default/a", "attributes", headers={**headers, "x-amz-max-parts": "-1"})
    assert (wrong.status, wrong.code) == (400, "InvalidArgument")
