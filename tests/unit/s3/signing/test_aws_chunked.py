"""Bodies in S3's own chunks: whole, or refused."""

import io
import tracemalloc
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import pytest
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum
from hypothesis import given
from hypothesis import strategies as st

from domain.access.errors import WrongSignatureError
from service.s3.bodies.aws_chunked import (
    LEAST_CHUNK_BYTES,
    MAX_SIZE_LINE_BYTES,
    MAX_TRAILER_BYTES,
    AwsChunkedDecoder,
    decoded,
)
from service.s3.errors import S3Error
from service.s3.signatures.chunk_signatures import ChunkSignatures
from service.s3.signatures.credentials import Credentials
from service.s3.signatures.signing_key import CredentialScope
from tests.support.s3_chunks import ChunkSigner, encode_chunks, signing_key

# Those of AWS's own examples.
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SCOPE = CredentialScope("20130524", "us-east-1")
TIMESTAMP = "20130524T000000Z"
KEY = signing_key(SECRET, *SCOPE)
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
TRAILER = {"x-amz-checksum-crc32c": "sOO8/Q=="}
MODES = ["unsigned", "unsigned with trailer", "signed", "signed with trailer"]

CONTENT = b"a" * LEAST_CHUNK_BYTES + b"the rest"


class Mode:
    """A body of `CONTENT` in two chunks, and the decoder of such bodies."""

    def __init__(self, name: str, content: Sequence[bytes] = (CONTENT[:LEAST_CHUNK_BYTES], b"the rest")) -> None:
        self.trailers = TRAILER if name.endswith("trailer") else {}
        self.is_signed = name.startswith("signed")
        self.size = sum(map(len, content))
        self.body = encode_chunks(content, self.trailers, signer() if self.is_signed else None)

    def decoder(self, size: int | None = None) -> AwsChunkedDecoder:
        verifying = signatures() if self.is_signed else None
        return AwsChunkedDecoder(self.size if size is None else size, list(self.trailers), verifying)


def signer(seed: str = SEED) -> ChunkSigner:
    return ChunkSigner(KEY, TIMESTAMP, str(SCOPE), seed)


def signatures(seed: str = SEED) -> ChunkSignatures:
    return ChunkSignatures(KEY, Credentials("AKIAIOSFODNN7EXAMPLE", SCOPE, ["host"], seed, TIMESTAMP))


def decode(decoder: AwsChunkedDecoder, pieces: Iterable[bytes]) -> bytes:
    content = b"".join(chunk for piece in pieces for chunk in decoder.feed(piece))
    decoder.finish()
    return content


def code_of(decoder: AwsChunkedDecoder, body: bytes) -> str:
    with pytest.raises(S3Error) as refused:
        decode(decoder, [body])
    return refused.value.code


@pytest.mark.parametrize("name", MODES)
def test_a_body_is_the_same_wherever_it_is_split(name: str) -> None:
    mode = Mode(name)
    frames = [at for at in range(len(mode.body) + 1) if not 200 < at < LEAST_CHUNK_BYTES]
    for at in frames:
        decoder = mode.decoder()
        assert decode(decoder, [mode.body[:at], mode.body[at:]]) == CONTENT
        assert decoder.trailers == mode.trailers
    assert decode(mode.decoder(), (mode.body[at : at + 1] for at in range(len(mode.body)))) == CONTENT


@pytest.mark.parametrize("name", MODES)
def test_a_body_that_was_cut_is_refused_wherever_it_was(name: str) -> None:
    mode = Mode(name, [b"the content"])
    for at in range(len(mode.body)):
        with pytest.raises((S3Error, WrongSignatureError)):
            decode(mode.decoder(), [mode.body[:at]])


@pytest.mark.parametrize("name", ["signed", "signed with trailer"])
def test_a_signed_body_of_which_a_byte_was_changed_is_refused_whichever_it_was(name: str) -> None:
    mode = Mode(name, [b"the content"])
    for at in range(len(mode.body)):
        changed = bytearray(mode.body)
        changed[at] ^= 1
        with pytest.raises((S3Error, WrongSignatureError)):
            decode(mode.decoder(), [bytes(changed)])


@pytest.mark.parametrize("name", MODES)
def test_bytes_behind_the_end_are_refused(name: str) -> None:
    mode = Mode(name)
    assert code_of(mode.decoder(), mode.body + b"\r\n") == "InvalidRequest"
    assert code_of(mode.decoder(), mode.body + mode.body) == "InvalidRequest"


@pytest.mark.parametrize("name", MODES)
@pytest.mark.parametrize("more", [-1, 1])
def test_another_length_than_the_declared_one_is_refused(name: str, more: int) -> None:
    mode = Mode(name)
    assert code_of(mode.decoder(mode.size + more), mode.body) == "IncompleteBody"


@pytest.mark.parametrize("name", MODES)
def test_an_empty_body_has_a_last_chunk_alone(name: str) -> None:
    mode = Mode(name, [])
    assert decode(mode.decoder(), [mode.body]) == b""


def test_the_chunks_of_awss_example_are_as_signed() -> None:
    verifying, chunks = signatures(), [b"a" * 65_536, b"a" * 1024]
    body = b"".join(
        (
            b"10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n",
            chunks[0],
            b"\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n",
            chunks[1],
            b"\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
        )
    )
    assert len(body) == 66_824
    assert decode(AwsChunkedDecoder(66_560, (), verifying), [body]) == b"".join(chunks)


def test_the_trailer_of_awss_example_is_as_signed() -> None:
    verifying = signatures("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e")
    chunks = [b"a" * 65_536, b"a" * 1024]
    body = b"".join(
        (
            b"10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n",
            chunks[0],
            b"\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n",
            chunks[1],
            b"\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n",
            # As the document, and clients of MinIO, have it.
            b"x-amz-checksum-crc32c:sOO8/Q==\n\r\n",
            b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
        )
    )
    decoder = AwsChunkedDecoder(66_560, list(TRAILER), verifying)
    assert decode(decoder, [body]) == b"".join(chunks)
    assert decoder.trailers == TRAILER


@given(st.binary(max_size=50_000), st.integers(LEAST_CHUNK_BYTES, 30_000))
def test_what_botocore_encodes_is_decoded(content: bytes, chunk_size: int) -> None:
    wrapper: Any = AwsChunkedWrapper(
        io.BytesIO(content),
        checksum_cls=Crc32Checksum,
        checksum_name="x-amz-checksum-crc32",
        chunk_size=chunk_size,
    )
    decoder = AwsChunkedDecoder(len(content), ["x-amz-checksum-crc32"])
    assert decode(decoder, [wrapper.read()]) == content
    checksum: Any = Crc32Checksum()
    checksum.update(content)
    assert decoder.trailers == {"x-amz-checksum-crc32": checksum.b64digest()}


@pytest.mark.parametrize(
    "trailers",
    ["", "x-amz-checksum-crc32:sOO8/Q==\r\n", "x-amz-checksum-crc32c\r\n", "x-amz-checksum-crc32c :a\r\n"],
)
def test_a_trailer_that_is_missing_or_has_another_name_is_refused(trailers: str) -> None:
    body = f"1\r\na\r\n0\r\n{trailers}\r\n".encode()
    assert code_of(AwsChunkedDecoder(1, list(TRAILER)), body) == "MalformedTrailerError"


def test_a_trailer_that_nobody_named_or_that_comes_twice_is_refused() -> None:
    line = b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
    assert code_of(AwsChunkedDecoder(1), b"1\r\na\r\n0\r\n" + line + b"\r\n") == "MalformedTrailerError"
    assert code_of(AwsChunkedDecoder(1, list(TRAILER)), b"1\r\na\r\n0\r\n%b%b\r\n" % (line, line)) == (
        "MalformedTrailerError"
    )


def test_an_unsigned_body_has_no_signature_of_trailers_and_a_signed_one_must() -> None:
    line = b"x-amz-trailer-signature:" + b"0" * 64 + b"\r\n"
    unsigned = Mode("unsigned with trailer")
    assert code_of(unsigned.decoder(), unsigned.body[:-2] + line + b"\r\n") == "MalformedTrailerError"
    signed = Mode("signed with trailer")
    body = signed.body[: signed.body.index(b"x-amz-trailer-signature")] + b"\r\n"
    assert code_of(signed.decoder(), body) == "IncompleteBody"
    with pytest.raises(WrongSignatureError):
        decode(signed.decoder(), [body[:-2] + line + b"\r\n"])


def test_a_chunk_is_signed_where_the_body_is_and_only_there() -> None:
    signed, unsigned = Mode("signed"), Mode("unsigned")
    assert code_of(unsigned.decoder(), signed.body) == "InvalidRequest"
    assert code_of(signed.decoder(), unsigned.body) == "InvalidRequest"


@pytest.mark.parametrize(
    "body",
    [
        b"-1\r\na\r\n0\r\n\r\n",
        b"0x1\r\na\r\n0\r\n\r\n",
        b"1\na\n0\n\n",
        b"1 \r\na\r\n0\r\n\r\n",
        b"\r\n",
        b"1\r\nab\r\n0\r\n\r\n",
        b"1\r\na0\r\n\r\n",
        b"1;ext=1\r\na\r\n0\r\n\r\n",
        b"1" * (MAX_SIZE_LINE_BYTES + 1),
        b"1\r\na" + b"b" * (MAX_SIZE_LINE_BYTES + 1),
    ],
    ids=lambda body: str(body[:20]),
)
def test_other_framing_is_refused(body: bytes) -> None:
    assert code_of(AwsChunkedDecoder(1), body) == "InvalidRequest"


def test_only_the_last_chunk_is_small() -> None:
    small = b"a" * (LEAST_CHUNK_BYTES - 1)
    assert code_of(AwsChunkedDecoder(len(small) + 1), encode_chunks([small, b"b"])) == "InvalidChunkSizeError"
    large = small + b"a"
    assert decode(AwsChunkedDecoder(len(large) + 1), [encode_chunks([large, b"b"])]) == large + b"b"


def test_a_size_beyond_the_declared_length_is_refused_at_once() -> None:
    decoder = AwsChunkedDecoder(5)
    with pytest.raises(S3Error):
        list(decoder.feed(b"ffffffffffffffff\r\n"))


def test_trailers_without_end_are_refused() -> None:
    decoder = AwsChunkedDecoder(0, list(TRAILER), signatures())
    body = Mode("signed with trailer", []).body
    body = body[: body.index(b"\r\n") + 2] + b"\r\n" * MAX_TRAILER_BYTES
    assert code_of(decoder, body) == "MalformedTrailerError"


async def test_a_stream_ends_with_an_error_where_the_body_does() -> None:
    mode, seen = Mode("signed"), bytearray()

    async def chunks() -> AsyncIterator[bytes]:
        yield mode.body[:-10]

    async def read() -> None:
        async for piece in decoded(chunks(), mode.decoder()):
            seen.extend(piece)

    with pytest.raises(S3Error):
        await read()
    assert seen == CONTENT


def test_memory_does_not_grow_with_the_chunk() -> None:
    piece = b"a" * 65_536
    decoder = AwsChunkedDecoder(1 << 40)
    list(decoder.feed(b"10000000000\r\n"))
    tracemalloc.start()
    try:
        for _ in range(1000):
            for chunk in decoder.feed(piece):
                assert chunk
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(piece)
