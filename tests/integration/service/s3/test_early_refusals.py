"""A request that is refused is refused before its body is asked for, and its connection ends."""

from hashlib import sha256

import pytest

from tests.integration.service.s3.conftest import S3Server
from tests.support.clients import ROOT_KEY
from tests.support.raw_client import RawClient
from tests.support.s3 import S3Client

SIZE = 8 * 1024 * 1024


def signed(path: str, secret: str = ROOT_KEY, *, size: int = SIZE, payload: str = "UNSIGNED-PAYLOAD") -> bytes:
    """Return the head of a PUT whose client waits for leave to send the body."""
    fields = {"host": "x", "content-length": str(size), "expect": "100-continue"}
    signing = S3Client(app=None, secret=secret)  # type: ignore[arg-type] # it only signs
    lines = [f"{name}: {value}" for name, value in signing.sign("PUT", path, fields, payload=payload).items()]
    return "\r\n".join((f"PUT {path} HTTP/1.1", *lines, "", "")).encode()


@pytest.mark.parametrize(
    ("path", "secret", "status", "code"),
    [
        ("/s3/default/key", "another secret", b"403", b"SignatureDoesNotMatch"),
        ("/s3/missing/key", ROOT_KEY, b"404", b"NoSuchBucket"),
        ("/s3/default/key?policy", ROOT_KEY, b"501", b"NotImplemented"),
        ("/s3/default/" + "k" * 1025, ROOT_KEY, b"400", b"KeyTooLongError"),
    ],
)
async def test_a_client_that_waits_is_refused_without_leave_to_send(
    s3_server: S3Server, path: str, secret: str, status: bytes, code: bytes
) -> None:
    async with await RawClient.connect(s3_server.server.url) as client:
        await client.send(signed(path, secret))
        answer = await client.take_all()
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"100 Continue" not in answer
    assert b"connection: close" in answer.lower()
    assert b"<Code>" + code + b"</Code>" in answer


async def test_a_client_that_may_send_is_told_so(s3_server: S3Server) -> None:
    content = b"the content"
    async with await RawClient.connect(s3_server.server.url) as client:
        await client.send(signed("/s3/default/key", size=len(content), payload=sha256(content).hexdigest()))
        assert await client.take() == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(content)
        assert (await client.take()).startswith(b"HTTP/1.1 200 OK")


async def test_a_client_that_sends_nevertheless_reads_the_refusal(s3_server: S3Server) -> None:
    async with await RawClient.connect(s3_server.server.url) as client:
        await client.send(signed("/s3/default/key", "another secret", size=1000) + b"a" * 500)
        answer = await client.take_all()
    assert answer.startswith(b"HTTP/1.1 403")
    assert answer.count(b"HTTP/1.1") == 1
