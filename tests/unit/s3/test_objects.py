"""Objects are stored, read and deleted by the S3 protocol."""

import hashlib
import zlib
from base64 import b64encode
from urllib.parse import quote

import pytest

from adapters.checksums import NativeChecksums
from domain.buckets.model import Policy
from domain.values.checksums import LENGTHS
from tests.fakes.catalog import FakeCatalog
from tests.support.s3 import Answer, S3Client

TEXT = b"hello, world"
MD5 = hashlib.md5(TEXT, usedforsecurity=False)


def checksum(algorithm: str, content: bytes = TEXT) -> str:
    running = NativeChecksums().begin(algorithm)
    running.update(content)
    return b64encode(running.digest()).decode()


async def test_an_object_is_stored_read_and_deleted(s3: S3Client) -> None:
    put = await s3.send("PUT", "/default/a/b.txt", body=TEXT)
    assert (put.status, put.body, put.headers["etag"]) == (200, b"", f'"{MD5.hexdigest()}"')
    assert put.headers["x-amz-checksum-crc64nvme"] == checksum("CRC64NVME")
    got = await s3.send("GET", "/default/a/b.txt")
    assert (got.status, got.body, got.headers["etag"]) == (200, TEXT, put.headers["etag"])
    assert (got.headers["content-type"], got.headers["content-length"]) == ("text/plain", "12")
    assert got.headers["accept-ranges"] == "bytes"
    assert "last-modified" in got.headers
    head = await s3.send("HEAD", "/default/a/b.txt")
    kept = {"etag", "last-modified", "content-type", "content-length", "accept-ranges"}
    assert {name: head.headers[name] for name in kept} == {name: got.headers[name] for name in kept}
    assert (head.status, head.body) == (200, b"")
    for _ in range(2):
        gone = await s3.send("DELETE", "/default/a/b.txt")
        assert (gone.status, gone.body) == (204, b"")
    assert (await s3.send("GET", "/default/a/b.txt")).code == "NoSuchKey"


KEYS = [
    "a",
    "a/",
    "a/b",
    "/a",
    "a//b",
    "..",
    "a/../b",
    "./a",
    "é",
    "e\u0301",
    "a+b",
    "a b",
    "a%2Fb",
    "?versionId=null",
    "日本",
]


async def test_keys_are_kept_as_they_are(s3: S3Client, catalog: FakeCatalog) -> None:
    """Pitfalls of S3, test 6: each is stored, read, copied and deleted beside the others."""
    for key in KEYS:
        assert (await s3.send("PUT", f"/default/{quote(key, safe='/.')}", body=key.encode())).status == 200
    assert {file.name for file in catalog.database.files.values()} == set(KEYS)
    for key in KEYS:
        path = f"/default/{quote(key, safe='/.')}"
        assert (await s3.send("GET", path)).body == key.encode()
        copied = await s3.send(
            "PUT", "/default/copy", headers={"x-amz-copy-source": quote(f"default/{key}", safe="/.")}
        )
        assert copied.status == 200, copied.body
        assert (await s3.send("GET", "/default/copy")).body == key.encode()
        assert (await s3.send("DELETE", path)).status == 204
        assert (await s3.send("GET", path)).status == 404


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("x" * 1025, "KeyTooLongError"),
        ("%C3%A9" * 513, "KeyTooLongError"),
        ("a%00", "InvalidURI"),
        ("a%0Ab", "InvalidURI"),
    ],
)
async def test_a_key_that_no_object_can_have_is_refused(s3: S3Client, key: str, code: str) -> None:
    for method in ("PUT", "GET", "DELETE"):
        answer = await s3.send(method, f"/default/{key}")
        assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize("algorithm", LENGTHS)
async def test_a_checksum_in_a_header_is_verified_kept_and_returned(s3: S3Client, algorithm: str) -> None:
    """Pitfalls of S3, test 5."""
    name = f"x-amz-checksum-{algorithm.lower()}"
    wrong = await s3.send("PUT", "/default/a", body=TEXT, headers={name: checksum(algorithm, b"other")})
    assert (wrong.status, wrong.code) == (400, "BadDigest")
    assert (await s3.send("HEAD", "/default/a")).status == 404
    put = await s3.send("PUT", "/default/a", body=TEXT, headers={name: checksum(algorithm)})
    assert (put.status, put.headers[name]) == (200, checksum(algorithm))
    assert name not in (await s3.send("GET", "/default/a")).headers
    enabled = {"x-amz-checksum-mode": "ENABLED"}
    for method in ("GET", "HEAD"):
        got = await s3.send(method, "/default/a", headers=enabled)
        assert (got.headers[name], got.headers["x-amz-checksum-type"]) == (checksum(algorithm), "FULL_OBJECT")
    part = await s3.send("GET", "/default/a", headers={**enabled, "range": "bytes=0-3"})
    assert (part.status, name in part.headers) == (206, False)


@pytest.mark.parametrize("algorithm", LENGTHS)
async def test_a_checksum_behind_the_body_is_verified_and_kept(s3: S3Client, algorithm: str) -> None:
    name = f"x-amz-checksum-{algorithm.lower()}"
    headers = {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": str(len(TEXT)),
        "x-amz-trailer": name,
    }

    async def put(trailer: str) -> Answer:
        body = b"%x\r\n%b\r\n0\r\n%b\r\n\r\n" % (len(TEXT), TEXT, trailer.encode())
        payload = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
        return await s3.send("PUT", "/default/a", body=body, headers=headers, payload=payload)

    wrong = await put(f"{name}:{checksum(algorithm, b'other')}")
    assert (wrong.status, wrong.code) == (400, "BadDigest")
    malformed = await put(f"{name}:nonsense")
    assert (malformed.status, malformed.code) == (400, "BadDigest")
    assert (await s3.send("HEAD", "/default/a")).status == 404
    right = await put(f"{name}:{checksum(algorithm)}")
    assert (right.status, right.headers[name]) == (200, checksum(algorithm))
    got = await s3.send("GET", "/default/a", headers={"x-amz-checksum-mode": "ENABLED"})
    assert (got.body, got.headers[name]) == (TEXT, checksum(algorithm))
    assert "content-encoding" not in got.headers


async def test_a_checksum_stands_before_the_body_or_behind_it(s3: S3Client) -> None:
    headers = {"x-amz-trailer": "x-amz-checksum-sha1", "x-amz-checksum-crc32": CRC32}
    answer = await s3.send("PUT", "/default/a", body=TEXT, headers=headers)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


CRC32 = b64encode(zlib.crc32(TEXT).to_bytes(4)).decode()


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"content-md5": ""}, "InvalidDigest"),
        ({"content-md5": "nonsense"}, "InvalidDigest"),
        ({"content-md5": b64encode(bytes(15)).decode()}, "InvalidDigest"),
        ({"content-md5": b64encode(bytes(16)).decode()}, "BadDigest"),
        ({"x-amz-checksum-crc32": "nonsense"}, "BadDigest"),
        ({"x-amz-checksum-crc32": b64encode(bytes(5)).decode()}, "BadDigest"),
        ({"x-amz-checksum-crc32": CRC32, "x-amz-checksum-sha1": checksum("SHA1")}, "InvalidRequest"),
        ({"x-amz-checksum-crc99": CRC32}, "InvalidRequest"),
        ({"x-amz-sdk-checksum-algorithm": "CRC32"}, "InvalidRequest"),
        ({"x-amz-sdk-checksum-algorithm": "CRC99", "x-amz-checksum-crc32": CRC32}, "InvalidRequest"),
        ({"x-amz-sdk-checksum-algorithm": "SHA1", "x-amz-checksum-crc32": CRC32}, "InvalidRequest"),
    ],
)
async def test_a_declaration_that_does_not_hold_stores_nothing(
    s3: S3Client, catalog: FakeCatalog, headers: dict[str, str], code: str
) -> None:
    answer = await s3.send("PUT", "/default/a", body=TEXT, headers=headers)
    assert (answer.status, answer.code) == (400, code)
    assert catalog.database.files == {}


async def test_nothing_is_stored_of_a_body_that_is_not_the_signed_one(s3: S3Client, catalog: FakeCatalog) -> None:
    signed = hashlib.sha256(b"another text").hexdigest()
    for headers in ({}, {"expect": "100-continue"}):
        answer = await s3.send("PUT", "/default/a", body=TEXT, payload=signed, headers=headers)
        assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert catalog.database.files == {}


async def test_the_right_md5_is_taken(s3: S3Client) -> None:
    headers = {"content-md5": b64encode(MD5.digest()).decode(), "x-amz-checksum-crc32": CRC32}
    assert (await s3.send("PUT", "/default/a", body=TEXT, headers=headers)).status == 200


async def test_content_headers_come_back(s3: S3Client) -> None:
    headers = {
        "content-type": "text/html",
        "cache-control": "max-age=60",
        "content-disposition": 'attachment; filename="x"',
        "content-encoding": "aws-chunked, gzip",
        "content-language": "de",
        "expires": "Thu, 01 Dec 2033 16:00:00 GMT",
    }
    await s3.send("PUT", "/default/a", body=TEXT, headers=headers)
    for method in ("GET", "HEAD"):
        got = (await s3.send(method, "/default/a")).headers
        assert {name: got[name] for name in headers} == {**headers, "content-encoding": "gzip"}
        assert (got["x-content-type-options"], got["content-security-policy"]) == (
            "nosniff",
            "default-src 'none'; sandbox",
        )
    overrides = "response-content-type=image%2Fpng&response-expires=never&response-cache-control=no-store"
    got = (await s3.send("GET", "/default/a", overrides)).headers
    assert (got["content-type"], got["expires"], got["cache-control"]) == ("image/png", "never", "no-store")
    split = await s3.send("GET", "/default/a", "response-content-type=a%0D%0AX-Evil%3A%201")
    assert (split.status, split.code) == (400, "InvalidArgument")


async def test_a_stranger_overrides_nothing(s3: S3Client, catalog: FakeCatalog) -> None:
    await catalog.buckets.put_bucket("public", Policy(public=True))
    await s3.send("PUT", "/public/a", body=TEXT)
    assert (await s3.send("GET", "/public/a", is_signed=False)).body == TEXT
    answer = await s3.send("GET", "/public/a", "response-content-type=text%2Fhtml", is_signed=False)
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert (await s3.send("GET", "/public/b", is_signed=False)).status == 403
    assert (await s3.send("PUT", "/public/b", body=TEXT, is_signed=False)).status == 403


@pytest.mark.parametrize(
    ("range_", "status", "body", "content_range"),
    [
        ("bytes=0-4", 206, b"hello", "bytes 0-4/12"),
        ("bytes=7-", 206, b"world", "bytes 7-11/12"),
        ("bytes=-5", 206, b"world", "bytes 7-11/12"),
        ("bytes=0-99", 206, TEXT, "bytes 0-11/12"),
        ("bytes=0-1,3-4", 200, TEXT, None),
        ("bytes=4-1", 200, TEXT, None),
        ("lines=0-1", 200, TEXT, None),
        ("bytes=12-", 416, None, "bytes */12"),
        ("bytes=-0", 416, None, "bytes */12"),
    ],
)
async def test_one_range_is_sent(
    s3: S3Client, range_: str, status: int, body: bytes | None, content_range: str | None
) -> None:
    await s3.send("PUT", "/default/a", body=TEXT)
    answer = await s3.send("GET", "/default/a", headers={"range": range_})
    assert (answer.status, answer.headers.get("content-range")) == (status, content_range)
    assert body is None or answer.body == body
    if body is None:
        assert answer.code == "InvalidRange"


@pytest.mark.parametrize("range_", ["bytes=0-", "bytes=-1", "bytes=0-0"])
async def test_an_empty_object_has_no_range(s3: S3Client, range_: str) -> None:
    await s3.send("PUT", "/default/a")
    answer = await s3.send("GET", "/default/a", headers={"range": range_})
    assert (answer.status, answer.code, answer.headers["content-range"]) == (416, "InvalidRange", "bytes */0")
    assert (await s3.send("GET", "/default/a")).body == b""


async def test_a_whole_object_is_its_first_part(s3: S3Client) -> None:
    await s3.send("PUT", "/default/a", body=TEXT)
    part = await s3.send("GET", "/default/a", "partNumber=1")
    assert (part.status, part.body, part.headers["content-range"]) == (206, TEXT, "bytes 0-11/12")
    assert "x-amz-mp-parts-count" not in part.headers
    for number in ("2", "0", "-1", "10001"):
        answer = await s3.send("GET", "/default/a", f"partNumber={number}")
        assert (answer.status, answer.code) == (400, "InvalidPart")
    both = await s3.send("GET", "/default/a", "partNumber=1", headers={"range": "bytes=0-1"})
    assert (both.status, both.code) == (400, "InvalidRequest")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-amz-server-side-encryption": "AES256"}, "NotImplemented"),
        ({"x-amz-server-side-encryption-customer-algorithm": "AES256"}, "NotImplemented"),
        ({"x-amz-object-lock-mode": "GOVERNANCE"}, "NotImplemented"),
        ({"x-amz-website-redirect-location": "/"}, "NotImplemented"),
        ({"x-amz-acl": "public-read"}, "AccessControlListNotSupported"),
        ({"x-amz-grant-read": "id=1"}, "AccessControlListNotSupported"),
        ({"x-amz-storage-class": "GLACIER"}, "InvalidStorageClass"),
    ],
)
async def test_what_is_not_offered_is_refused(
    s3: S3Client, catalog: FakeCatalog, headers: dict[str, str], code: str
) -> None:
    answer = await s3.send("PUT", "/default/a", body=TEXT, headers=headers)
    assert answer.code == code
    assert catalog.database.files == {}


async def test_what_is_so_anyway_may_be_asked_for(s3: S3Client) -> None:
    headers = {"x-amz-acl": "bucket-owner-full-control", "x-amz-storage-class": "STANDARD"}
    assert (await s3.send("PUT", "/default/a", body=TEXT, headers=headers)).status == 200


async def test_more_than_a_part_is_not_put_at_once(s3: S3Client) -> None:
    answer = await s3.send("PUT", "/default/a", headers={"content-length": str(5 * 1024**3 + 1)})
    assert (answer.status, answer.code) == (400, "EntityTooLarge")
