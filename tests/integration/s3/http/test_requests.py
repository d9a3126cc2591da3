"""The requests that we send past botocore: regions, proxies, certificates, credentials, and wrong answers."""

import asyncio
import re
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aioboto3
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.s3 import S3BlobStore, S3Bucket, S3Connection, connect_s3
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError, BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.store import payload, read, stream
from tests.harness.fault_proxy import Exchange, HttpProxy, effects
from tests.harness.fault_proxy.http import http_answer, s3_error
from tests.integration.s3.conftest import BUCKET, TIMEOUT_SECONDS
from tests.support.parts.containers import LocalStack

# What a store answers that has compared the CRC-32 of b"bytes".
STORED = b'HTTP/1.1 200 OK\r\nETag: "etag"\r\nx-amz-checksum-crc32: sZlDzg==\r\nContent-Length: 0\r\n\r\n'
ATTEMPTS = 2


@pytest.fixture
async def proxy(localstack: LocalStack, s3: S3Connection) -> AsyncIterator[HttpProxy]:
    async with HttpProxy(localstack.endpoint_url).listening() as proxy:
        yield proxy


@asynccontextmanager
async def store_at(url: str, session: aioboto3.Session, prefix: str = "") -> AsyncIterator[S3BlobStore]:
    async with connect_s3(
        endpoint_url=url, session=session, attempts=ATTEMPTS, request_timeout=TIMEOUT_SECONDS
    ) as connection:
        yield S3BlobStore(S3Bucket(connection, BUCKET, prefix, timeout=TIMEOUT_SECONDS))


def wrong_region(method: str) -> bytes:
    """Return the answer of S3 in another region than the bucket's, eu-west-3."""
    if method == "HEAD":
        return (
            b"HTTP/1.1 301 Moved Permanently\r\nx-amz-bucket-region: eu-west-3\r\n"
            b"Connection: close\r\nContent-Length: 0\r\n\r\n"
        )
    return s3_error("301 Moved Permanently", "PermanentRedirect")


@pytest.mark.parametrize(
    ("status", "code"),
    [("301 Moved Permanently", "PermanentRedirect"), ("400 Bad Request", "AuthorizationHeaderMalformed")],
)
async def test_a_bucket_in_another_region_is_found_once(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str, status: str, code: str
) -> None:
    asked: list[str] = []

    async def mind_the_region(exchange: Exchange) -> bytes:
        region = re.search(rb"Credential=[^/]*/\d{8}/([^/]*)/s3/", exchange.payload)
        assert region
        asked.append(f"{exchange.request.split()[0]} {region[1].decode()}")
        if region[1] == b"eu-west-3":
            return await exchange.forward()
        return wrong_region("HEAD") if exchange.request.startswith("HEAD") else s3_error(status, code)

    keys = [new_blob_key() for _ in range(2)]
    async with store_at(proxy.url, aws_session, prefix) as store:
        with proxy.fault(mind_the_region):
            for key in keys:
                await store.put(key, stream(b"bytes"), size=5)
            assert await read(store, keys[0]) == b"bytes"
    home = aws_session.region_name
    assert asked == [
        f"PUT {home}",
        f"HEAD {home}",
        "HEAD eu-west-3",
        "PUT eu-west-3",
        "PUT eu-west-3",
        "GET eu-west-3",
    ]


async def test_a_redirect_that_leads_nowhere_is_refused(proxy: HttpProxy, aws_session: aioboto3.Session) -> None:
    async with store_at(proxy.url, aws_session) as store:
        nowhere = http_answer(b"", "307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/")
        with proxy.fault(effects.answer(nowhere)) as asked, pytest.raises(BlobStoreUnavailableError):
            await store.put(new_blob_key(), stream(b"bytes"), size=5)
    assert [request.split()[0] for request in asked.met].count("PUT") == 1


async def test_an_error_inside_an_answer_of_200_to_a_put_is_tried_again(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str
) -> None:
    key = new_blob_key()
    failed = http_answer(b"<?xml version='1.0'?><Error><Code>InternalError</Code></Error>")
    async with store_at(proxy.url, aws_session, prefix) as store:
        with proxy.fault(effects.answer(failed), "PUT", times=1) as fault:
            await store.put(key, stream(b"bytes"), size=5)
        assert fault.met
        assert await read(store, key) == b"bytes"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http_answer(b"<html>gone</html", "404 Not Found"), BlobMissingError),
        (http_answer(b"<html>no</html>", "403 Forbidden"), BlobStoreRefusedError),
        (http_answer(b"\xff\xfe", "500 Internal Server Error"), BlobStoreUnavailableError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", BlobStoreUnavailableError),
        (b"no HTTP\r\n\r\n", BlobStoreUnavailableError),
    ],
)
async def test_answers_that_are_not_s3s_are_errors_of_the_store(
    proxy: HttpProxy, aws_session: aioboto3.Session, answer: bytes, error: type[Exception]
) -> None:
    async with store_at(proxy.url, aws_session) as store:
        with proxy.fault(effects.answer(answer)), pytest.raises(error):
            await store.open(new_blob_key()).__aenter__()


async def test_a_part_without_an_entity_tag_is_an_error_of_the_store(
    proxy: HttpProxy, aws_session: aioboto3.Session
) -> None:
    async with store_at(proxy.url, aws_session) as store:
        created = http_answer(b"<Created><UploadId>upload</UploadId></Created>")
        with (
            proxy.fault(effects.answer(http_answer(b""))),
            proxy.fault(effects.answer(created), "POST"),
            pytest.raises(BlobStoreUnavailableError, match="what it stored"),
        ):
            await store.put(new_blob_key(), stream(payload(8 * 1024**2 + 1)), size=None)


async def test_requests_take_the_way_of_the_environments_proxy(
    proxy: HttpProxy, aws_session: aioboto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//user:secret@"))
    heads: list[bytes] = []

    async def watch(exchange: Exchange) -> bytes:
        heads.append(exchange.payload.partition(b"\r\n\r\n")[0])
        return STORED

    async with store_at("http://s3.example.test", aws_session) as store:
        with proxy.fault(watch):
            await store.put(new_blob_key(), stream(b"bytes"), size=5)
    [head] = heads
    assert head.startswith(f"PUT http://s3.example.test/{BUCKET}/".encode())
    assert b"\r\nproxy-authorization: basic dxnlcjpzzwnyzxq=" in head.lower()


async def test_hosts_without_a_proxy_are_reached_directly(
    proxy: HttpProxy, aws_session: aioboto3.Session, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    key = new_blob_key()
    async with store_at(proxy.url, aws_session, prefix) as store:
        await store.put(key, stream(b"bytes"), size=5)
        assert await read(store, key) == b"bytes"


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
async def test_certificates_are_verified_by_the_environments_authorities(
    aws_session: aioboto3.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    certificate = certify_loopback(tmp_path)
    async with secure_store(certificate) as url:
        async with store_at(url, aws_session) as store:
            with pytest.raises(BlobStoreUnavailableError):
                await store.put(new_blob_key(), stream(b"bytes"), size=5)
        monkeypatch.setenv(variable, str(certificate))
        async with store_at(url, aws_session) as store:
            await store.put(new_blob_key(), stream(b"bytes"), size=5)


async def test_a_certificate_of_another_host_is_refused(
    aws_session: aioboto3.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certify_loopback(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    async with (
        secure_store(certificate) as url,
        store_at(url.replace("127.0.0.1", "localhost"), aws_session) as store,
    ):
        with pytest.raises(BlobStoreUnavailableError) as put:
            await store.put(new_blob_key(), stream(b"bytes"), size=5)
        with pytest.raises(BlobStoreUnavailableError) as asked:
            await store.check()
    assert "Hostname mismatch" in str(put.value.__cause__)
    assert "Hostname mismatch" in str(asked.value.__cause__)


async def test_credentials_that_end_are_renewed(
    proxy: HttpProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role's credentials, which a process gives, and which are renewed 10 minutes before they end."""
    script, config, count = tmp_path / "give.py", tmp_path / "config", tmp_path / "count"
    ends = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    script.write_text(
        "import json, pathlib\n"
        f"count = pathlib.Path({str(count)!r})\n"
        "count.write_text((count.read_text() if count.exists() else '') + 'i')\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': 'AKI' + count.read_text(), 'SecretAccessKey': 'secret',\n"
        f"    'SessionToken': 'token-' + count.read_text(), 'Expiration': {ends!r}}}))\n"
    )
    config.write_text(f"[default]\ncredential_process = {sys.executable} {script}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    signed: list[tuple[bytes, bytes]] = []

    async def watch(exchange: Exchange) -> bytes:
        key = re.search(rb"Credential=([^/]*)/", exchange.payload)
        token = re.search(rb"\r\nx-amz-security-token: ([^\r]*)", exchange.payload, re.IGNORECASE)
        assert key
        assert token
        signed.append((key[1], token[1]))
        return STORED

    async with store_at(proxy.url, aioboto3.Session(region_name="us-east-1")) as store:
        with proxy.fault(watch, "PUT"):
            for _ in range(2):
                await store.put(new_blob_key(), stream(b"bytes"), size=5)
    (first_key, first_token), (second_key, second_token) = signed
    assert first_key.removeprefix(b"AKI") == first_token.removeprefix(b"token-")
    assert second_key.removeprefix(b"AKI") == second_token.removeprefix(b"token-")
    assert len(second_key) > len(first_key)


async def test_a_store_without_credentials_is_unavailable(
    proxy: HttpProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    async with store_at(proxy.url, aioboto3.Session(region_name="us-east-1")) as store:
        with pytest.raises(BlobStoreUnavailableError):
            await store.put(new_blob_key(), stream(b"bytes"), size=5)


def certify_loopback(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1, which is its own authority, and its key into a file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "loopback.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@asynccontextmanager
async def secure_store(certificate: Path) -> AsyncIterator[str]:
    """Answer each request over TLS that it is done, and enter with the URL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(STORED)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
