"""The checksums of the S3 protocol: known values, in any pieces, and combined."""

import hashlib
from base64 import b64decode
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.checksums import NativeChecksums
from domain.values.checksums import COMBINABLE, LENGTHS

CHECKSUMS = NativeChecksums()
# Check values of `123456789`, of the catalogue of CRCs, and of xxHash's own `xxhsum`.
KNOWN = {
    "CRC32": "cbf43926",
    "CRC32C": "e3069283",
    "CRC64NVME": "ae8b14860a799888",
    "XXHASH64": "8cb841db40e6ae83",
}


def checksum(algorithm: str, *pieces: bytes) -> bytes:
    running = CHECKSUMS.begin(algorithm)
    for piece in pieces:
        running.update(piece)
    return running.digest()


@pytest.mark.parametrize(("algorithm", "value"), KNOWN.items())
def test_values_are_those_of_the_catalogues(algorithm: str, value: str) -> None:
    assert checksum(algorithm, b"123456789").hex() == value


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("XXHASH3", "2d06800538d394c2"),
        ("XXHASH64", "ef46db3751d8e999"),
        ("XXHASH128", "99aa06d3014798d86001c324468d497f"),
    ],
)
def test_those_of_nothing_are_those_of_the_specification(algorithm: str, value: str) -> None:
    assert checksum(algorithm).hex() == value


@pytest.mark.parametrize("algorithm", ["MD5", "SHA1", "SHA256", "SHA512"])
def test_hashes_are_the_standard_librarys(algorithm: str) -> None:
    assert checksum(algorithm, b"a", b"b") == hashlib.new(algorithm.lower(), b"ab").digest()


@pytest.mark.parametrize("algorithm", LENGTHS)
@given(pieces=st.lists(st.binary(max_size=300), max_size=4))
def test_pieces_make_no_difference(algorithm: str, pieces: list[bytes]) -> None:
    whole = checksum(algorithm, b"".join(pieces))
    assert checksum(algorithm, *pieces) == whole
    assert len(whole) == LENGTHS[algorithm]


@pytest.mark.parametrize("algorithm", sorted(COMBINABLE))
@given(content=st.binary(max_size=500), cuts=st.lists(st.integers(0, 500), max_size=4))
def test_that_of_a_whole_is_combined_from_those_of_its_parts(algorithm: str, content: bytes, cuts: list[int]) -> None:
    """Pitfalls of S3, test 5: combined = whole."""
    ends = sorted([0, len(content), *(min(cut, len(content)) for cut in cuts)])
    parts = [content[start:end] for start, end in pairwise(ends)]
    combined = CHECKSUMS.combine(algorithm, [(checksum(algorithm, part), len(part)) for part in parts])
    assert combined == checksum(algorithm, content)


def test_a_crc_stands_in_base64_as_aws_documents_it() -> None:
    # botocore's own test value of b"hello world".
    assert checksum("CRC32", b"hello world") == b64decode("DUoRhQ==")
