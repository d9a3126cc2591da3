"""Checksums of parts and of wholes, by the matrix of AWS."""

from base64 import b64encode
from itertools import product

import pytest

from adapters.checksums import NativeChecksums
from domain.values.checksums import COMBINABLE, LENGTHS
from tests.support.s3 import S3Client
from tests.unit.s3.multipart.uploads import LEAST, Upload, document

PARTS = (b"a" * LEAST, b"end")
MATRIX = [
    (algorithm, kind)
    for algorithm, kind in product(LENGTHS, ("COMPOSITE", "FULL_OBJECT"))
    if (kind == "FULL_OBJECT" and algorithm in COMBINABLE) or (kind == "COMPOSITE" and algorithm != "CRC64NVME")
]
OUTSIDE = [each for each in product(LENGTHS, ("COMPOSITE", "FULL_OBJECT")) if each not in MATRIX]


def raw(algorithm: str, data: bytes) -> bytes:
    running = NativeChecksums().begin(algorithm)
    running.update(data)
    return running.digest()


def encoded(algorithm: str, data: bytes) -> str:
    return b64encode(raw(algorithm, data)).decode()


def expected(algorithm: str, kind: str) -> str:
    if kind == "FULL_OBJECT":
        return encoded(algorithm, b"".join(PARTS))
    return encoded(algorithm, b"".join(raw(algorithm, part) for part in PARTS)) + "-2"


def field(algorithm: str) -> str:
    return f"x_amz_checksum_{algorithm.lower()}"


@pytest.mark.parametrize(("algorithm", "kind"), MATRIX)
async def test_the_checksum_of_the_whole_is_made_of_those_of_the_parts(s3: S3Client, algorithm: str, kind: str) -> None:
    upload = await Upload.begin(s3, x_amz_checksum_algorithm=algorithm, x_amz_checksum_type=kind)
    tags, checksums = [], {}
    for number, part in enumerate(PARTS, 1):
        sent = await upload.put(number, part, **{field(algorithm): encoded(algorithm, part)})
        assert sent.headers[field(algorithm).replace("_", "-")] == encoded(algorithm, part)
        tags.append((number, sent.headers["etag"]))
        checksums[number] = f"<Checksum{algorithm}>{encoded(algorithm, part)}</Checksum{algorithm}>"
    listed = await upload.parts()
    assert (listed.text("ChecksumAlgorithm"), listed.text("ChecksumType")) == (algorithm, kind)
    wrong = {1: checksums[2]}
    assert (await upload.complete(xml=document(tags, wrong))).code == "InvalidPart"
    whole = expected(algorithm, kind)
    other = encoded(algorithm, b"other")
    assert (await upload.complete(*tags, **{field(algorithm): other})).code == "BadDigest"
    done = await upload.complete(xml=document(tags, checksums), **{field(algorithm): whole})
    assert (done.text(f"Checksum{algorithm}"), done.text("ChecksumType")) == (whole, kind)
    head = await s3.send("HEAD", "/default/a", headers={"x-amz-checksum-mode": "ENABLED"})
    assert head.headers[field(algorithm).replace("_", "-")] == whole
    assert head.headers["x-amz-checksum-type"] == kind


@pytest.mark.parametrize(("algorithm", "kind"), OUTSIDE)
async def test_other_checksums_are_refused_at_the_beginning(s3: S3Client, algorithm: str, kind: str) -> None:
    headers = {"x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": kind}
    answer = await s3.send("POST", "/default/a", "uploads=", headers=headers)
    assert (answer.status, answer.code) == (400, "InvalidRequest")


async def test_a_type_needs_an_algorithm(s3: S3Client) -> None:
    answer = await s3.send("POST", "/default/a", "uploads=", headers={"x-amz-checksum-type": "COMPOSITE"})
    assert (answer.status, answer.code) == (400, "InvalidRequest")


async def test_without_a_choice_the_whole_has_a_crc_64(s3: S3Client) -> None:
    upload = await Upload.begin(s3)
    done = await upload.complete(*[await upload.add(number, part) for number, part in enumerate(PARTS, 1)])
    assert done.text("ChecksumCRC64NVME") == encoded("CRC64NVME", b"".join(PARTS))


@pytest.mark.parametrize("algorithm", LENGTHS)
async def test_a_part_may_be_verified_by_any_algorithm_where_none_was_chosen(s3: S3Client, algorithm: str) -> None:
    upload = await Upload.begin(s3)
    refused = await upload.put(1, b"x", **{field(algorithm): encoded(algorithm, b"y")})
    assert (refused.status, refused.code) == (400, "BadDigest")
    assert (await upload.put(1, b"x", **{field(algorithm): encoded(algorithm, b"x")})).status == 200


async def test_a_part_has_the_checksum_that_the_upload_was_begun_with(s3: S3Client) -> None:
    upload = await Upload.begin(s3, x_amz_checksum_algorithm="CRC32")
    answer = await upload.put(1, b"x", x_amz_checksum_sha1=encoded("SHA1", b"x"))
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    part = await upload.add(1, b"x")
    for headers in ({"x_amz_checksum_sha1": encoded("SHA1", b"x")}, {"x_amz_checksum_type": "FULL_OBJECT"}):
        answer = await upload.complete(part, **headers)
        assert (answer.status, answer.code) == (400, "InvalidRequest")


async def test_the_size_of_the_whole_may_be_declared(s3: S3Client) -> None:
    upload = await Upload.begin(s3)
    part = await upload.add(1, b"four")
    assert (await upload.complete(part, x_amz_mp_object_size="5")).status == 400
    assert (await upload.complete(part, x_amz_mp_object_size="x")).code == "InvalidRequest"
    assert (await upload.complete(part, x_amz_mp_object_size="4")).status == 200
