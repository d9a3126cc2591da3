"""Bytes with a checksum count wholly or not at all."""

import binascii
import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from service.http.connection import EXTENSION
from tests.support.clients import client_of
from tests.support.fake_service import Service
from tests.support.tus import BYTES, UPLOADS
from tests.unit.uploads.requests import add, begin, broken, offset, stored

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


@pytest.mark.parametrize("value", ["sha1 YQ==", f"sha256 {b64encode(bytes(33)).decode()}", "md5 YWJj"])
async def test_a_checksum_of_the_wrong_length_is_one_that_no_bytes_have(
    service: Service, client: httpx.AsyncClient, value: str
) -> None:
    url = await begin(client, 10)
    answer = await add(client, url, 0, b"0123456789", **{"Upload-Checksum": value})
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
    async with trailing(service, value) as late:
        answer = await late.patch(url, content=chunks(b"0123456789"), headers={**ANNOUNCED, "Upload-Offset": "0"})
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
    assert await offset(client, url) == 0


@pytest.mark.parametrize("value", ["sha1", "sha1 Y", "sha1 Y!==", "sha512 YQ==", "YQ==", "", "sha1 \xe9"])
async def test_a_checksum_that_cannot_be_read_is_refused(client: httpx.AsyncClient, value: str) -> None:
    url = await begin(client, 10)
    headers = httpx.Headers({**BYTES, "Upload-Offset": "0", "Upload-Checksum": value}, encoding="latin-1")
    answer = await client.patch(url, content=b"0123456789", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_checksum")
    assert await offset(client, url) == 0


DIGESTS = {
    "Content-Digest": f"sha-256=:{b64encode(CHECKSUMS['sha256']).decode()}:",
    "Repr-Digest": f"sha-512=:{b64encode(hashlib.sha512(b'0123456789').digest()).decode()}:",
    "Content-MD5": b64encode(CHECKSUMS["md5"]).decode(),
}


@pytest.mark.parametrize("name", DIGESTS)
async def test_digests_are_verified_as_of_any_body(client: httpx.AsyncClient, name: str) -> None:
    digest = {name: DIGESTS[name]}
    url = await begin(client, 13)
    await add(client, url, 0, b"abc")
    refused = await add(client, url, 3, b"012345678X", **digest)
    assert (refused.status_code, refused.json()["code"]) == (400, "digest_mismatch")
    assert await offset(client, url) == 3
    malformed = await add(client, url, 3, b"0123456789", **{name: "sha-256=:AAAA:"})
    assert (malformed.status_code, malformed.json()["code"]) == (400, "invalid_digest")
    wrong = await add(client, url, 3, b"0123456789", **digest, **{"Upload-Checksum": "md5 YQ=="})
    assert (wrong.status_code, wrong.json()["code"]) == (460, "checksum_mismatch")
    right = {"Upload-Checksum": f"sha1 {b64encode(CHECKSUMS['sha1']).decode()}"}
    answer = await add(client, url, 3, b"0123456789", **digest, **right)
    assert (await stored(client, answer))[1] == b"abc0123456789"


async def test_the_first_bytes_have_their_digests_verified(client: httpx.AsyncClient) -> None:
    headers = {**BYTES, "Upload-Length": "10", **DIGESTS}
    refused = await client.post(UPLOADS, content=b"012345678X", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (400, "digest_mismatch")
    assert (await client.get(UPLOADS)).json()["items"] == []
    answer = await client.post(UPLOADS, content=b"0123456789", headers=headers)
    assert (await stored(client, answer))[1] == b"0123456789"


ANNOUNCED = {**BYTES, "Trailer": "Upload-Checksum"}


@asynccontextmanager
async def trailing(service: Service, *values: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests have so many `Upload-Checksum` in their trailer sections."""
    fields = [(b"server-timing", b"x"), *((b"upload-checksum", value.encode()) for value in values)]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["extensions"] = {EXTENSION: SimpleNamespace(trailers=fields, authenticate=lambda: None)}
        await service.app(scope, receive, send)

    async with client_of(app) as client:
        yield client


async def chunks(*data: bytes) -> AsyncIterator[bytes]:
    for each in data:
        yield each


@pytest.mark.parametrize("algorithm", CHECKSUMS)
@pytest.mark.parametrize("trailer", ["Upload-Checksum", "server-timing , UPLOAD-CHECKSUM"])
async def test_a_checksum_may_stand_behind_the_bytes(
    service: Service, client: httpx.AsyncClient, algorithm: str, trailer: str
) -> None:
    checksum = f"{algorithm} {b64encode(CHECKSUMS[algorithm]).decode()}"
    headers = {**BYTES, "Trailer": trailer}
    url = await begin(client, 13)
    await add(client, url, 0, b"abc")
    async with trailing(service, checksum) as late:
        for wrong in (b"0123456780", b"012345678", b""):
            answer = await late.patch(url, content=chunks(wrong), headers={**headers, "Upload-Offset": "3"})
            assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
            assert await offset(client, url) == 3
        answer = await late.patch(url, content=chunks(b"01234", b"56789"), headers={**headers, "Upload-Offset": "3"})
    assert (await stored(client, answer))[1] == b"abc0123456789"


async def test_the_first_bytes_may_have_their_checksum_behind_them(service: Service, client: httpx.AsyncClient) -> None:
    checksum = f"sha1 {b64encode(CHECKSUMS['sha1']).decode()}"
    async with trailing(service, checksum) as late:
        answer = await late.post(UPLOADS, content=chunks(b"0123456789"), headers={**ANNOUNCED, "Upload-Length": "10"})
    assert answer.status_code == 201
    assert (await stored(client, answer))[1] == b"0123456789"


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["sha1"],
        ["sha1 Y"],
        ["sha512 YQ=="],
        ["md5 \xe9"],
        [f"md5 {b64encode(CHECKSUMS['md5']).decode()}"] * 2,
    ],
)
async def test_of_bytes_whose_checksum_was_announced_and_does_not_come_nothing_counts(
    service: Service, client: httpx.AsyncClient, values: list[str]
) -> None:
    url = await begin(client, 10)
    async with trailing(service, *values) as late:
        answer = await late.patch(url, content=chunks(b"0123456789"), headers={**ANNOUNCED, "Upload-Offset": "0"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_checksum")
    assert await offset(client, url) == 0
    assert (await stored(client, await add(client, url, 0, b"9876543210")))[1] == b"9876543210"


async def test_a_checksum_stands_before_the_bytes_or_behind_them(service: Service, client: httpx.AsyncClient) -> None:
    checksum = f"md5 {b64encode(CHECKSUMS['md5']).decode()}"
    url = await begin(client, 10)
    headers = {**ANNOUNCED, "Upload-Offset": "0", "Upload-Checksum": checksum}
    async with trailing(service, checksum) as late:
        answer = await late.patch(url, content=chunks(b"0123456789"), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_checksum")
    assert await offset(client, url) == 0


async def test_a_trailer_that_is_not_announced_is_not_looked_at(service: Service, client: httpx.AsyncClient) -> None:
    url = await begin(client, 10)
    async with trailing(service, f"md5 {b64encode(bytes(16)).decode()}") as late:
        answer = await late.patch(url, content=chunks(b"0123456789"), headers={**BYTES, "Upload-Offset": "0"})
    assert answer.status_code == 204


async def test_of_bytes_with_a_checksum_that_break_off_nothing_counts(client: httpx.AsyncClient) -> None:
    url = await begin(client, 10)
    await add(client, url, 0, b"abc")
    headers = {**BYTES, "Upload-Offset": "3", "Upload-Checksum": f"md5 {b64encode(CHECKSUMS['md5']).decode()}"}
    answer = await client.patch(url, content=broken(b"0123"), headers=headers)
    assert answer.json()["code"] == "interrupted_body"
    assert await offset(client, url) == 3
    assert (await stored(client, await add(client, url, 3, b"3456789")))[1] == b"abc3456789"
