"""What the head of a request says of its body, and what becomes of a body that is another."""

from collections.abc import AsyncIterator, Mapping
from hashlib import sha256

import pytest

from domain.access.callers import ROOT
from service.s3.bodies.body import Body
from service.s3.errors import S3Error
from service.s3.signatures.credentials import Credentials
from service.s3.signatures.signing_key import CredentialScope
from service.s3.signatures.verifier import Verified
from tests.support.s3_chunks import ChunkSigner, encode_chunks

SCOPE = CredentialScope("20260101", "us-east-1")
SEED, KEY, TIMESTAMP = "0" * 64, b"the key", "20260101T000000Z"
CONTENT = b"the content"
CRC32C = {"x-amz-checksum-crc32c": "AAAAAA=="}

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


def make_body(payload: str, content: bytes = CONTENT, fields: Mapping[str, str] | None = None) -> Body:
    """Return the body of a verified request with these headers."""
    headers = {"content-length": str(len(content)), **(fields or {})}
    verified = Verified(ROOT, payload, KEY, Credentials("root", SCOPE, ["host"], SEED, TIMESTAMP))
    return Body(lambda name: headers.get(name, ""), arriving(content), verified)


async def arriving(content: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 5):
        yield content[at : at + 5]


async def read(body: Body) -> bytes:
    return b"".join([chunk async for chunk in body.stream()])


def code_of(payload: str, fields: Mapping[str, str], content: bytes = CONTENT) -> str:
    with pytest.raises(S3Error) as refused:
        make_body(payload, content, fields)
    return refused.value.code


async def test_a_body_is_read_as_it_was_signed() -> None:
    for payload in ("UNSIGNED-PAYLOAD", sha256(CONTENT).hexdigest()):
        body = make_body(payload)
        assert (await read(body), body.length) == (CONTENT, len(CONTENT))


async def test_chunks_are_read_without_their_framing() -> None:
    length = {"x-amz-decoded-content-length": str(len(CONTENT))}
    for name, trailers, signer in (
        (SIGNED, {}, ChunkSigner(KEY, TIMESTAMP, str(SCOPE), SEED)),
        (f"{SIGNED}-TRAILER", CRC32C, ChunkSigner(KEY, TIMESTAMP, str(SCOPE), SEED)),
        (UNSIGNED_TRAILER, CRC32C, None),
        (UNSIGNED_TRAILER, {}, None),
    ):
        named = {"x-amz-trailer": "X-Amz-Checksum-Crc32c"} if trailers else {}
        body = make_body(name, encode_chunks([CONTENT], trailers, signer), {**length, **named})
        assert (await read(body), body.length) == (CONTENT, len(CONTENT))
        assert body.trailers == trailers


async def test_another_body_than_the_signed_one_ends_with_an_error() -> None:
    with pytest.raises(S3Error) as refused:
        await read(make_body(sha256(b"another").hexdigest()))
    assert refused.value.code == "XAmzContentSHA256Mismatch"


def test_no_body_is_the_empty_one() -> None:
    assert make_body(sha256().hexdigest(), b"", {"content-length": ""}).length == 0
    for length in ("", "0"):
        assert code_of(sha256(CONTENT).hexdigest(), {"content-length": length}, b"") == "XAmzContentSHA256Mismatch"


def test_the_length_of_a_body_in_http_chunks_is_not_known() -> None:
    assert make_body("UNSIGNED-PAYLOAD", fields={"content-length": "", "transfer-encoding": "chunked"}).length is None


def test_chunks_need_the_length_of_their_content() -> None:
    assert code_of(SIGNED, {}) == "MissingContentLength"
    for length in ("-1", "1e3", "²", "1" * 20):
        assert code_of(SIGNED, {"x-amz-decoded-content-length": length}) == "InvalidArgument"


@pytest.mark.parametrize(
    ("payload", "trailer"),
    [
        ("UNSIGNED-PAYLOAD", "x-amz-checksum-crc32"),
        (SIGNED, "x-amz-checksum-crc32"),
        (f"{SIGNED}-TRAILER", ""),
        (UNSIGNED_TRAILER, "x-amz-meta-a"),
        (UNSIGNED_TRAILER, "x-amz-checksum-crc32,x-amz-checksum-sha1"),
    ],
)
def test_trailers_are_those_that_the_head_names(payload: str, trailer: str) -> None:
    fields = {"x-amz-trailer": trailer, "x-amz-decoded-content-length": "1"}
    assert code_of(payload, fields) == "InvalidRequest"
