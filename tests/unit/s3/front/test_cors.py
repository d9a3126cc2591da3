"""Pages use objects by the rules of their bucket; a private bucket tells a preflight nothing."""

from collections.abc import AsyncIterator, Mapping

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.clients import ROOT_KEY, client_of
from tests.support.fake_service import Service, open_service
from tests.support.s3 import HOST, REGION, Answer, S3Client, call

APP, OTHER = "https://app.example", "https://other.example"
RULE = {
    "allowed_origins": [APP],
    "allowed_methods": ["GET", "PUT"],
    "allowed_headers": ["content-*", "x-amz-*"],
    "exposed_headers": ["ETag", "x-amz-meta-a"],
    "max_age": 600,
}


@pytest.fixture(scope="module")
async def service() -> AsyncIterator[Service]:
    async with open_service() as service, client_of(service.app) as client:
        for bucket, is_public in (("open", True), ("closed", False)):
            made = await client.put(f"/v1/buckets/{bucket}", json={"public": is_public, "cors": [RULE]})
            assert made.status_code == 201
            await client.put(f"/v1/buckets/{bucket}/files/key", content=b"the content")
        yield service


@pytest.fixture
def s3(service: Service) -> S3Client:
    return S3Client(service.app)


async def preflight(
    service: Service,
    target: str = "/s3/open/key",
    *,
    origin: str | None = APP,
    method: str | None = "PUT",
    asked: str = "",
) -> Answer:
    asking = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": asked}
    return await call(service.app, "OPTIONS", target, [("host", HOST), *((k, v) for k, v in asking.items() if v)])


def presigned(method: str, secret: str = ROOT_KEY, bucket: str = "closed") -> str:
    request = AWSRequest(method, f"http://{HOST}/s3/{bucket}/key", data=b"")
    S3SigV4QueryAuth(Credentials("root", secret), "s3", REGION, expires=60).add_auth(request)
    return str(request.url).removeprefix(f"http://{HOST}")


def cors_fields(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix("access-control-"): headers[name] for name in headers if name.startswith("access-control")
    }


async def test_a_preflight_is_answered_by_the_rules_of_a_public_bucket(service: Service) -> None:
    answer = await preflight(service, asked="Content-Type, x-amz-acl")
    assert (answer.status, answer.headers["vary"]) == (200, "Origin")
    assert cors_fields(answer.headers) == {
        "allow-origin": APP,
        "allow-methods": "GET, PUT",
        "allow-headers": "content-type, x-amz-acl",
        "max-age": "600",
    }
    assert answer.headers["x-amz-request-id"]


@pytest.mark.parametrize(
    ("origin", "method", "asked"), [(OTHER, "PUT", ""), (APP, "DELETE", ""), (APP, "PUT", "authorization")]
)
async def test_what_no_rule_allows_is_forbidden(service: Service, origin: str, method: str, asked: str) -> None:
    answer = await preflight(service, origin=origin, method=method, asked=asked)
    assert (answer.status, answer.code, cors_fields(answer.headers)) == (403, "AccessForbidden", {})


async def test_a_preflight_says_where_it_comes_from_and_what_it_asks_for(service: Service) -> None:
    for answer in (await preflight(service, origin=None), await preflight(service, method=None)):
        assert (answer.status, answer.code) == (400, "BadRequest")


@pytest.mark.parametrize("target", ["/s3/closed/key", "/s3/missing/key", "/s3/%00/key", "/s3/%FF/key", "/s3/"])
async def test_a_private_bucket_answers_a_preflight_as_a_missing_one(service: Service, target: str) -> None:
    answer = await preflight(service, target)
    assert (answer.status, answer.code, cors_fields(answer.headers)) == (403, "AccessForbidden", {})


async def test_the_preflight_of_a_presigned_url_is_answered_for_its_signer(service: Service) -> None:
    answer = await preflight(service, presigned("PUT"))
    assert (answer.status, cors_fields(answer.headers)["allow-origin"]) == (200, APP)
    for target in (presigned("GET"), presigned("PUT", "another secret"), presigned("PUT", bucket="missing")):
        assert (await preflight(service, target)).status == 403


async def test_an_answer_is_shown_to_the_pages_that_the_rules_name(s3: S3Client) -> None:
    for bucket in ("open", "closed"):
        answer = await s3.send("GET", f"/{bucket}/key", headers={"origin": APP})
        assert answer.body == b"the content"
        assert cors_fields(answer.headers) == {"allow-origin": APP, "expose-headers": "ETag, x-amz-meta-a"}
        assert answer.headers["vary"] == "Origin"
        hidden = await s3.send("GET", f"/{bucket}/key", headers={"origin": OTHER})
        assert (cors_fields(hidden.headers), hidden.headers["vary"]) == ({}, "Origin")
    assert "vary" not in (await s3.send("GET", "/open/key")).headers


async def test_a_refusal_is_shown_where_the_bucket_is(service: Service, s3: S3Client) -> None:
    refused = await s3.send("GET", "/closed/missing", headers={"origin": APP})
    assert (refused.status, cors_fields(refused.headers)["allow-origin"]) == (404, APP)
    stranger = S3Client(service.app, secret="another secret")
    for bucket, fields in (("open", {"allow-origin": APP, "expose-headers": "ETag, x-amz-meta-a"}), ("closed", {})):
        answer = await stranger.send("GET", f"/{bucket}/key", headers={"origin": APP})
        assert (answer.status, cors_fields(answer.headers)) == (403, fields)


async def test_origins_of_the_settings_may_use_every_bucket() -> None:
    async with open_service(environ={"FILEPORT_ALLOWED_ORIGINS": OTHER}) as service:
        answer = await preflight(service, "/s3/default/key", origin=OTHER, asked="authorization")
        assert (answer.status, cors_fields(answer.headers)["allow-headers"]) == (200, "authorization")
        assert (await preflight(service, "/s3/default/key")).status == 403
        shown = await S3Client(service.app).send("GET", "/", headers={"origin": OTHER})
        fields = cors_fields(shown.headers)
        assert (fields["allow-origin"], fields["expose-headers"].split(", ")[0]) == (OTHER, "ETag")
