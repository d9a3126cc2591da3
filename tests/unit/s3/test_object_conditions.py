"""Conditional requests on objects (RFC 9110, section 13)."""

import hashlib
from datetime import timedelta

import pytest

from domain.files.model import File
from domain.values.preconditions import last_modified
from service.http.headers.dates import http_date
from tests.contracts.setup import stored
from tests.fakes.catalog import FakeCatalog
from tests.support.s3 import S3Client

ONE = b"one"
ETAG = hashlib.md5(ONE, usedforsecurity=False).hexdigest()
OTHER = "0" * 32


@pytest.fixture
async def file(s3: S3Client, catalog: FakeCatalog) -> File:
    await s3.send("PUT", "/default/a", body=ONE)
    [file] = catalog.database.files.values()
    return file


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"if-match": f'"{ETAG}"'}, 200),
        ({"if-match": ETAG}, 200),
        ({"if-match": "*"}, 200),
        ({"if-match": f'"{OTHER}", "{ETAG}"'}, 200),
        ({"if-match": OTHER}, 412),
        ({"if-none-match": OTHER}, 200),
        ({"if-none-match": f'W/"{ETAG}"'}, 304),
        ({"if-none-match": ETAG}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-modified-since": 0}, 304),
        ({"if-modified-since": -1}, 200),
        ({"if-unmodified-since": 0}, 200),
        ({"if-unmodified-since": -1}, 412),
        # Section 13.2.2: tags go before dates.
        ({"if-none-match": OTHER, "if-modified-since": 0}, 200),
        ({"if-none-match": ETAG, "if-modified-since": -1}, 304),
        ({"if-match": ETAG, "if-unmodified-since": -1}, 200),
        ({"if-match": ETAG, "if-none-match": ETAG}, 304),
        ({"if-modified-since": "nonsense"}, 200),
    ],
)
async def test_a_reader_gets_what_it_has_not(
    s3: S3Client, file: File, fields: dict[str, str | int], status: int
) -> None:
    at = last_modified(file)
    headers = {
        name: http_date(at + timedelta(seconds=value)) if isinstance(value, int) else value
        for name, value in fields.items()
    }
    for method in ("GET", "HEAD"):
        answer = await s3.send(method, "/default/a", headers=headers)
        assert answer.status == status
        if status == 304:
            assert answer.body == b""
            assert {"etag", "last-modified", "cache-control"} <= answer.headers.keys()
    assert status != 412 or (await s3.send("GET", "/default/a", headers=headers)).code == "PreconditionFailed"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"if-none-match": "*"}, 412, "PreconditionFailed"),
        ({"if-match": OTHER}, 412, "PreconditionFailed"),
        ({"if-match": ETAG}, 200, None),
        ({"if-match": f'"{ETAG}"'}, 200, None),
        ({"if-match": "*"}, 200, None),
        ({"if-none-match": OTHER}, 200, None),
        ({"if-none-match": ETAG}, 412, "PreconditionFailed"),
    ],
)
async def test_a_writer_replaces_what_it_knows(
    s3: S3Client, file: File, headers: dict[str, str], status: int, code: str | None
) -> None:
    answer = await s3.send("PUT", "/default/a", body=b"two", headers=headers)
    assert (answer.status, answer.code) == (status, code)
    assert (await s3.send("GET", "/default/a")).body == (ONE if code else b"two")


@pytest.mark.parametrize("value", ["*", OTHER])
async def test_nothing_matches_what_is_not_there(s3: S3Client, value: str) -> None:
    answer = await s3.send("PUT", "/default/a", headers={"if-match": value})
    assert (answer.status, answer.code) == (404, "NoSuchKey")
    # A deletion that is repeated ends as the first one did.
    assert (await s3.send("DELETE", "/default/a", headers={"if-match": value})).status == 204
    assert (await s3.send("PUT", "/default/a", headers={"if-none-match": "*"})).status == 200


async def test_a_deletion_may_be_conditional(s3: S3Client, file: File) -> None:
    wrong = await s3.send("DELETE", "/default/a", headers={"if-match": OTHER})
    assert (wrong.status, wrong.code) == (412, "PreconditionFailed")
    unknown = await s3.send("DELETE", "/default/a", headers={"x-amz-if-match-size": "3"})
    assert (unknown.status, unknown.code) == (501, "NotImplemented")
    assert (await s3.send("DELETE", "/default/a", headers={"if-match": ETAG})).status == 204


async def test_a_file_of_another_protocol_has_a_tag_that_is_no_md5(s3: S3Client, catalog: FakeCatalog) -> None:
    native = await stored(catalog, name="native")
    head = await s3.send("HEAD", "/default/native")
    assert head.headers["etag"] == native.content_etag == f'"{native.sha256[:32]}-1"'
    assert (await s3.send("HEAD", "/default/native", headers={"if-match": native.content_etag})).status == 200


async def test_a_range_goes_on_only_in_the_same_bytes(s3: S3Client, file: File) -> None:
    for validator, status in ((f'"{ETAG}"', 206), (f'"{OTHER}"', 200), (http_date(last_modified(file)), 206)):
        answer = await s3.send("GET", "/default/a", headers={"range": "bytes=1-", "if-range": validator})
        assert answer.status == status
