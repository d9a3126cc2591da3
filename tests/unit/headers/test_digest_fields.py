"""Digests of a file's bytes in headers (RFC 9530), and the hashes that are compared with them."""

import hashlib
from base64 import b64encode

import pytest

from domain.values.digests import Digest, Hashes
from domain.values.errors import DigestMismatchError, InvalidDigestError
from service.http.headers.digests import parse_content_md5, parse_digests, sha256_digest, sha256_preference


def test_the_example_of_rfc_9530_appendix_b_1() -> None:
    digest = hashlib.sha256(b'{"hello": "world"}\n').hexdigest()
    assert sha256_digest(digest) == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"


@pytest.mark.parametrize(
    ("want", "preference"),
    [
        ("sha-256=1", 1),
        ("sha-512=3, sha-256=10, unixsum=0", 10),
        ("sha-256=0", 0),
        ("sha-512=3", None),
        ("sha-256=11", None),
        ("sha-256=-1", None),
        ("sha-256", None),
        ("sha-256=?1", None),
        ("sha-256=:AQID:", None),
        ("SHA-256=10", None),
        ("sha-256=10,", None),
        ("", None),
    ],
)
def test_a_preference_is_a_number_up_to_ten(want: str, preference: int | None) -> None:
    """RFC 9530, section 4."""
    assert sha256_preference(want) == preference


HELLO = b'{"hello": "world"}\n'
SHA_256 = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
SHA_512 = f"sha-512=:{b64encode(hashlib.sha512(HELLO).digest()).decode()}:"


def hashed(digests: tuple[Digest, ...]) -> Hashes:
    hashes = Hashes(digests)
    hashes.update(HELLO[:5])
    hashes.update(HELLO[5:])
    return hashes


@pytest.mark.parametrize("value", ["", SHA_256, SHA_512, f"{SHA_512}, {SHA_256}", "unixsum=:AQ==:, md5=1"])
def test_digests_that_come_out_pass_and_unknown_ones_are_ignored(value: str) -> None:
    """RFC 9530, sections 2 and 5."""
    hashes = hashed(parse_digests(value))
    hashes.check()
    assert hashes.sha256 == hashlib.sha256(HELLO).hexdigest()


@pytest.mark.parametrize("value", [SHA_256.replace("RK", "KR"), f"sha-512=:{b64encode(bytes(64)).decode()}:"])
def test_one_digest_that_does_not_come_out_is_a_mismatch(value: str) -> None:
    with pytest.raises(DigestMismatchError, match="of the body is"):
        hashed((*parse_digests(SHA_256), *parse_digests(value))).check()


def test_an_md5_is_compared_too() -> None:
    """RFC 1864."""
    right = b64encode(hashlib.md5(HELLO, usedforsecurity=False).digest()).decode()
    hashed((parse_content_md5(right),)).check()
    with pytest.raises(DigestMismatchError):
        hashed((parse_content_md5("Q2hlY2sgSW50ZWdyaXR5IQ=="),)).check()


@pytest.mark.parametrize(
    "value", ["X", "sha-256", "sha-256=1", "sha-256=:AQID:", "sha-512=:AQID:", "sha-256=:AQ*D:", f"{SHA_256},", '"x"']
)
def test_a_malformed_digest_is_refused(value: str) -> None:
    with pytest.raises(InvalidDigestError):
        parse_digests(value)


@pytest.mark.parametrize("value", ["", "x", "AQID", "Q2hlY2sgSW50ZWdyaXR5IQ", "Q2hlY2sgSW50ZWdyaXR5IQ==, x", "é"])
def test_a_malformed_md5_is_refused(value: str) -> None:
    with pytest.raises(InvalidDigestError):
        parse_content_md5(value)
