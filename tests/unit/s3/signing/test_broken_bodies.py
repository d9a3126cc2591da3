"""A body that is not as it was signed and declared leaves nothing: no object, no blob, no usage."""

import zlib
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

import pytest

from service.s3.signatures.payload import Payload
from tests.support.clients import ROOT_KEY
from tests.support.fake_service import Service
from tests.support.s3 import HOST, REGION, Answer, S3Client, call
from tests.support.s3_chunks import ChunkSigner, encode_chunks, signing_key

TARGET, CONTENT = "/s3/default/key", b"the content of the object"
CRC32 = {"x-amz-checksum-crc32": b64encode(zlib.crc32(CONTENT).to_bytes(4)).decode()}
MODES = {
    "hash": sha256(CONTENT).hexdigest(),
    "signed chunks": Payload.SIGNED_CHUNKS,
    "signed chunks and trailer": Payload.SIGNED_CHUNKS_AND_TRAILER,
    "unsigned chunks and trailer": Payload.CHUNKS_AND_TRAILER,
}


class Put(NamedTuple):
    """A request to store `CONTENT`."""

    fields: Mapping[str, str]
    body: bytes

    async def send(self, service: Service, body: bytes | None = None) -> Answer:
        sent = self.body if body is None else body
        return await call(service.app, "PUT", TARGET, self.fields.items(), [sent])


def make_put(mode: str) -> Put:
    payload = MODES[mode]
    trailers = CRC32 if mode.endswith("trailer") else {}
    blank = ChunkSigner(b"", "", "", "") if mode.startswith("signed") else None
    fields = {"host": HOST, "content-length": str(len(CONTENT))}
    if mode != "hash":
        fields |= {
            "content-encoding": "aws-chunked",
            "content-length": str(len(encode_chunks([CONTENT], trailers, blank))),
            "x-amz-decoded-content-length": str(len(CONTENT)),
        }
    if trailers:
        fields["x-amz-trailer"] = "x-amz-checksum-crc32"
    signed = S3Client(app=None).sign("PUT", TARGET, fields, payload=payload)  # type: ignore[arg-type] # it only signs
    if mode == "hash":
        return Put(signed, CONTENT)
    timestamp = next(value for name, value in signed.items() if name.lower() == "x-amz-date")
    day = timestamp[:8]
    signature = next(value for name, value in signed.items() if name.lower() == "authorization").rpartition("=")[2]
    scope = f"{day}/{REGION}/s3/aws4_request"
    signer = ChunkSigner(signing_key(ROOT_KEY, day, REGION), timestamp, scope, signature)
    return Put(signed, encode_chunks([CONTENT], trailers, None if blank is None else signer))


def is_empty(service: Service) -> bool:
    database = service.catalog.database
    return not database.files and not any(row.state == "live" for row in database.blobs.values())


@pytest.mark.parametrize("mode", MODES)
async def test_a_whole_body_is_an_object(service: Service, s3: S3Client, mode: str) -> None:
    assert (await make_put(mode).send(service)).status == 200
    found = await s3.send("GET", "/default/key")
    assert (found.body, "content-encoding" in found.headers) == (CONTENT, False)


@pytest.mark.parametrize("mode", MODES)
async def test_a_body_that_was_cut_anywhere_leaves_nothing(service: Service, mode: str) -> None:
    put = make_put(mode)
    for at in range(len(put.body)):
        assert 400 <= (await put.send(service, put.body[:at])).status < 500
    assert is_empty(service)


@pytest.mark.parametrize("mode", MODES)
async def test_a_body_of_which_any_byte_was_changed_leaves_nothing(service: Service, mode: str) -> None:
    put = make_put(mode)
    for at in range(len(put.body)):
        changed = bytearray(put.body)
        changed[at] ^= 1
        assert 400 <= (await put.send(service, bytes(changed))).status < 500, at
    assert is_empty(service)


@pytest.mark.parametrize("mode", MODES)
async def test_a_longer_body_leaves_nothing(service: Service, mode: str) -> None:
    put = make_put(mode)
    assert 400 <= (await put.send(service, put.body + b"\r\n")).status < 500
    assert is_empty(service)


async def test_a_chunk_with_a_wrong_signature_is_told_so(service: Service) -> None:
    put = make_put("signed chunks")
    at = put.body.index(b"=") + 1
    answer = await put.send(service, put.body[:at] + b"0" * 64 + put.body[at + 64 :])
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")
    assert is_empty(service)
