"""Requests find their operation, and refusals are S3's."""

import pytest

from tests.fakes.catalog import FakeCatalog
from tests.fakes.database import CATALOG_DOWN
from tests.support.fake_service import Service, open_service
from tests.support.s3 import S3Client


async def test_buckets_are_listed(s3: S3Client) -> None:
    answer = await s3.send("GET", "/")
    assert (answer.status, answer.texts("Buckets/Bucket/Name")) == (200, ["default"])
    assert answer.xml.tag == "ListAllMyBucketsResult"


@pytest.mark.parametrize("path", ["", "/"])
async def test_the_service_has_one_address_with_or_without_a_slash(s3: S3Client, path: str) -> None:
    assert (await s3.send("GET", path)).status == 200


@pytest.mark.parametrize("path", ["/default", "/default/"])
async def test_a_bucket_that_exists_is_there(s3: S3Client, path: str) -> None:
    answer = await s3.send("HEAD", path)
    assert (answer.status, answer.headers["x-amz-bucket-region"], answer.body) == (200, "us-east-1", b"")


async def test_a_refused_head_has_no_body(s3: S3Client) -> None:
    answer = await s3.send("HEAD", "/missing")
    assert (answer.status, answer.body) == (404, b"")
    assert "content-length" not in answer.headers


async def test_a_refusal_says_what_is_wrong_and_which_request_it_was(s3: S3Client) -> None:
    answer = await s3.send("GET", "/default", "inventory")
    assert (answer.status, answer.headers["content-type"]) == (501, "application/xml")
    assert [each.tag for each in answer.xml] == ["Code", "Message", "Resource", "RequestId", "HostId"]
    assert answer.code == "NotImplemented"
    assert answer.text("Resource") == "/default"
    assert answer.text("RequestId") == answer.headers["x-amz-request-id"] == answer.headers["x-request-id"]


async def test_a_method_that_no_resource_has_is_not_allowed(s3: S3Client) -> None:
    answer = await s3.send("PATCH", "/default")
    assert (answer.status, answer.code) == (405, "MethodNotAllowed")


@pytest.mark.parametrize("path", ["/default/%FF", "/%FF"])
async def test_what_is_not_utf_8_is_no_name(s3: S3Client, path: str) -> None:
    answer = await s3.send("GET", path)
    assert (answer.status, answer.code) == (400, "InvalidURI")


async def test_without_credentials_nothing_is_said_and_the_audit_knows(service: Service, s3: S3Client) -> None:
    for method, path in (("GET", "/"), ("HEAD", "/default"), ("HEAD", "/missing")):
        assert (await s3.send(method, path, is_signed=False)).status == 403
    await service.denials.flush()
    denials = service.catalog.database.audit
    assert [each.action for each in denials] == ["access.authenticate"] * 3


async def test_a_catalog_that_does_not_answer_asks_to_try_again(s3: S3Client, catalog: FakeCatalog) -> None:
    catalog.database.fail_with = CATALOG_DOWN
    answer = await s3.send("GET", "/")
    assert (answer.status, answer.code) == (503, "ServiceUnavailable")
    assert answer.headers["retry-after"] == "2"


async def test_wrong_signatures_slow_their_address_down() -> None:
    async with open_service(environ={"FILEPORT_AUTH_FAILURES": "2"}) as service:
        stranger = S3Client(service.app, secret="another secret")
        codes = [(await stranger.send("GET", "/")).code for _ in range(3)]
        assert codes == ["SignatureDoesNotMatch", "SignatureDoesNotMatch", "SlowDown"]
        assert (await S3Client(service.app).send("GET", "/")).status == 200


async def test_a_path_that_only_begins_as_the_mount_is_the_apis(s3: S3Client) -> None:
    answer = await s3.send("GET", "ome", is_signed=False)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
