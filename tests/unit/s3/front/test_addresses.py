"""What a request is for is in its path as it was sent, and in its host."""

from typing import Any

import pytest

from service.s3.address import Address, Addresses
from tests.support.fake_service import open_service
from tests.support.s3 import call

AT_ROOT = Addresses(port=9000, domain="s3.example")


def scope_of(raw_path: str, host: str = "files.example", port: int = 8000) -> Any:
    return {"raw_path": raw_path.encode(), "headers": [(b"host", host.encode())], "server": ("127.0.0.1", port)}


@pytest.mark.parametrize(
    ("raw_path", "bucket", "key"),
    [
        ("/s3", "", ""),
        ("/s3/", "", ""),
        ("/s3/b", "b", ""),
        ("/s3/b/", "b", ""),
        ("/s3/b/k", "b", "k"),
        ("/s3/b//k", "b", "/k"),
        ("/s3/b/k/", "b", "k/"),
        ("/s3/b/../a/./b//", "b", "../a/./b//"),
        ("/s3/b/a%2Fb%252F+%20%C3%A9", "b", "a/b%2F+ é"),
        ("/s3/b/s3/b", "b", "s3/b"),
    ],
)
def test_a_key_is_all_behind_the_bucket_decoded_once(raw_path: str, bucket: str, key: str) -> None:
    for addresses in (Addresses(), AT_ROOT):
        assert addresses.is_s3(scope_of(raw_path))
        assert addresses.parse(scope_of(raw_path)) == Address(bucket, key)
    assert AT_ROOT.parse(scope_of(raw_path[3:] or "/", port=9000)) == Address(bucket, key)


@pytest.mark.parametrize("raw_path", ["/", "/s3x", "/S3/b", "/%733/b", "/v1/s3/", "//s3/b", "/s/3"])
def test_other_paths_are_the_apis(raw_path: str) -> None:
    for addresses in (Addresses(), AT_ROOT):
        assert not addresses.is_s3(scope_of(raw_path))


@pytest.mark.parametrize(
    ("host", "raw_path", "bucket", "key"),
    [
        ("s3.example", "/b/k", "b", "k"),
        ("S3.Example.:8000", "/", "", ""),
        ("photos.s3.example", "/", "photos", ""),
        ("photos.s3.example:9000", "/a//b", "photos", "a//b"),
        ("a.b.s3.example", "/s3/k", "a.b", "s3/k"),
    ],
)
def test_below_the_domain_each_bucket_is_a_host(host: str, raw_path: str, bucket: str, key: str) -> None:
    for port in (8000, 9000):
        scope = scope_of(raw_path, host, port)
        assert AT_ROOT.is_s3(scope)
        assert AT_ROOT.parse(scope) == Address(bucket, key)


@pytest.mark.parametrize("host", ["files.example", "xs3.example", "s3.example.org", "[::1]:8000", "127.0.0.1", ""])
def test_other_hosts_are_addressed_by_path(host: str) -> None:
    assert not AT_ROOT.is_s3(scope_of("/b/k", host))
    assert AT_ROOT.parse(scope_of("/b/k", host, port=9000)) == Address("b", "k")


async def test_hosts_of_the_protocol_serve_it_alone() -> None:
    async with open_service(environ={"FILEPORT_S3_DOMAIN": "s3.example"}) as service:
        for path in ("/", "/health/live", "/v1/buckets", "/s/token", "/metrics"):
            for host in ("s3.example", "default.s3.example:80"):
                answer = await call(service.app, "GET", path, [("host", host)])
                assert answer.headers["content-type"] == "application/xml"
        answer = await call(service.app, "GET", "/health/live", [("host", "files.example")])
        assert answer.status == 200
