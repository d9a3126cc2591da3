"""Bytes with a checksum count wholly or not at all."""

import binascii
import hashlib
from base64 import b64encode

import httpx
import pytest

from tests.tus import BYTES
from tests.unit.http.tus import add, begin, broken, offset, stored

CHECKSUMS = {
    "sha1": hashlib.sha1(b"0123456789", usedforsecurity=False).digest(),
    "sha256": hashlib.sha256(b"0123456789").digest(),
    "md5": hashlib.md5(b"0123456789", usedforsecurity=False).digest(),
    "crc32": binascii.crc32(b"0123456789").to_bytes(4, "big"),
}


@pytest.mark.parametrize("algorithm", CHECKSUMS)
async def test_bytes_with_the_right_checksum_are_taken(client: httpx.AsyncClient, algorithm: str) -> None:
    checksum = f"{algorithm} {b64encode(CHECKSUMS[algorithm]).decode()}"
    url = await begin(client, 13)
    await add(client, url, 0, b"abc")
    answer = await add(client, url, 3, b"0123456789", **{"Upload-Checksum": checksum})
    assert (await stored(client, answer))[1] == b"abc0123456789"


@pytest.mark.parametrize("algorithm", CHECKSUMS)
async def test_of_bytes_with_a_wrong_checksum_nothing_counts(client: httpx.AsyncClient, algorithm: str) -> None:
    checksum = f"{algorithm} {b64encode(CHECKSUMS[algorithm]).decode()}"
    url = await begin(client, 200_010)
    await add(client, url, 0, b"abc")
    answer = await add(client, url, 3, b"x" * 200_000, **{"Upload-Checksum": checksum})
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
    assert answer.json()["title"] == "Checksum Mismatch"
    assert await offset(client, url) == 3
    answer = await add(client, url, 3, b"y" * 200_007)
    assert (await stored(client, answer))[1] == b"abc" + b"y" * 200_007


async def test_of_bytes_with_a_checksum_that_break_off_nothing_counts(client: httpx.AsyncClient) -> None:
    url = await begin(client, 10)
    await add(client, url, 0, b"abc")
    headers = {**BYTES, "Upload-Offset": "3", "Upload-Checksum": f"md5 {b64encode(CHECKSUMS['md5']).decode()}"}
    answer = await client.patch(url, content=broken(b"0123"), headers=headers)
    assert answer.json()["code"] == "interrupted_body"
    assert await offset(client, url) == 3
    assert (await stored(client, await add(client, url, 3, b"3456789")))[1] == b"abc3456789"
