"""Operations on buckets."""

from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import md5

import httpx
import pytest

from domain.buckets.cors import CorsRule
from domain.buckets.model import Policy
from tests.contracts.setup import stored
from tests.fakes.catalog import FakeCatalog
from tests.support.access import scope
from tests.support.s3 import Answer, S3Client

Scoped = Callable[..., Awaitable[S3Client]]

TAGS = b"<Tagging><TagSet><Tag><Key>team</Key><Value>a+b</Value></Tag></TagSet></Tagging>"
CORS = b"""<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule>
<AllowedOrigin>https://app.example</AllowedOrigin><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod>
<AllowedHeader>X-Custom</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds>
</CORSRule></CORSConfiguration>"""


async def test_a_bucket_is_created_listed_and_deleted(s3: S3Client) -> None:
    answer = await s3.send("PUT", "/songs")
    assert (answer.status, answer.headers["location"], answer.body) == (200, "/songs", b"")
    assert (await s3.send("GET", "/")).texts("Buckets/Bucket/Name") == ["default", "songs"]
    answer = await s3.send("DELETE", "/songs")
    assert (answer.status, answer.body) == (204, b"")
    assert (await s3.send("HEAD", "/songs")).status == 404


async def test_creating_a_bucket_again_changes_nothing(s3: S3Client, catalog: FakeCatalog) -> None:
    await catalog.buckets.put_bucket("songs", Policy(default_ttl=60))
    assert (await s3.send("PUT", "/songs")).status == 200
    assert await catalog.buckets.get_policy("songs") == Policy(default_ttl=60)


@pytest.mark.parametrize("location", [b"", b"<LocationConstraint>us-east-1</LocationConstraint>"])
async def test_a_bucket_is_created_where_the_service_is(s3: S3Client, location: bytes) -> None:
    body = b"<CreateBucketConfiguration>" + location + b"</CreateBucketConfiguration>"
    assert (await s3.send("PUT", "/songs", body=body)).status == 200


async def test_a_bucket_is_not_created_elsewhere(s3: S3Client, catalog: FakeCatalog) -> None:
    place = b"<LocationConstraint>eu-west-1</LocationConstraint>"
    body = b"<CreateBucketConfiguration>" + place + b"</CreateBucketConfiguration>"
    answer = await s3.send("PUT", "/songs", body=body)
    assert (answer.status, answer.code) == (400, "InvalidLocationConstraint")
    assert "songs" not in catalog.database.buckets


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "aa",
        "Songs",
        "a_b",
        "-ab",
        "ab-",
        ".ab",
        "ab.",
        "a..b",
        "a.-b",
        "a-.b",
        "192.0.2.1",
        "x" * 64,
        "%C3%A9%C3%A9%C3%A9",
    ],
)
async def test_names_that_s3_does_not_have_are_refused(s3: S3Client, catalog: FakeCatalog, name: str) -> None:
    answer = await s3.send("PUT", f"/{name}")
    assert (answer.status, answer.code) == (400, "InvalidBucketName")
    assert set(catalog.database.buckets) == {"default"}


@pytest.mark.parametrize("name", ["abc", "a.b", "a--b", "1-2.3", "x" * 63])
async def test_names_that_s3_has_are_taken(s3: S3Client, name: str) -> None:
    assert (await s3.send("PUT", f"/{name}")).status == 200


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("x-amz-bucket-object-lock-enabled", "true", "NotImplemented"),
        ("x-amz-object-ownership", "ObjectWriter", "InvalidRequest"),
        ("x-amz-acl", "public-read", "AccessControlListNotSupported"),
        ("x-amz-grant-read", "id=x", "AccessControlListNotSupported"),
    ],
)
async def test_a_bucket_is_not_created_with_what_is_not_offered(
    s3: S3Client, catalog: FakeCatalog, field: str, value: str, code: str
) -> None:
    assert (await s3.send("PUT", "/songs", headers={field: value})).code == code
    assert "songs" not in catalog.database.buckets


async def test_a_bucket_with_objects_is_not_deleted(s3: S3Client, catalog: FakeCatalog) -> None:
    await catalog.buckets.put_bucket("songs", Policy())
    await stored(catalog, bucket="songs")
    answer = await s3.send("DELETE", "/songs")
    assert (answer.status, answer.code) == (409, "BucketNotEmpty")


async def test_buckets_are_listed_in_pages(s3: S3Client, catalog: FakeCatalog) -> None:
    for name in ("song", "songs", "tracks"):
        await catalog.buckets.put_bucket(name, Policy())
    first = await s3.send("GET", "/", "max-buckets=1&prefix=song")
    assert (first.texts("Buckets/Bucket/Name"), first.text("Prefix")) == (["song"], "song")
    token = first.text("ContinuationToken")
    rest = await s3.send("GET", "/", f"max-buckets=5&prefix=song&continuation-token={token}")
    assert (rest.texts("Buckets/Bucket/Name"), rest.text("ContinuationToken")) == (["songs"], None)
    assert (await s3.send("GET", "/", "bucket-region=eu-west-1")).texts("Buckets/Bucket/Name") == []
    for query in ("max-buckets=0", "max-buckets=10001", "continuation-token=x"):
        assert (await s3.send("GET", "/", query)).code == "InvalidArgument"


async def test_tags_of_a_bucket_are_kept(s3: S3Client) -> None:
    assert (await s3.send("GET", "/default", "tagging")).code == "NoSuchTagSet"
    assert (await s3.send("PUT", "/default", "tagging", body=TAGS)).status == 204
    answer = await s3.send("GET", "/default", "tagging")
    assert (answer.text("TagSet/Tag/Key"), answer.text("TagSet/Tag/Value")) == ("team", "a+b")
    assert (await s3.send("DELETE", "/default", "tagging")).status == 204
    assert (await s3.send("GET", "/default", "tagging")).code == "NoSuchTagSet"


async def test_a_bucket_has_fifty_tags_at_most(s3: S3Client) -> None:
    for count, status in ((50, 204), (51, 400)):
        tags = b"".join(b"<Tag><Key>%d</Key><Value/></Tag>" % number for number in range(count))
        body = b"<Tagging><TagSet>" + tags + b"</TagSet></Tagging>"
        assert (await s3.send("PUT", "/default", "tagging", body=body)).status == status


async def test_cors_rules_are_those_of_the_policy(s3: S3Client, catalog: FakeCatalog) -> None:
    assert (await s3.send("GET", "/default", "cors")).code == "NoSuchCORSConfiguration"
    assert (await s3.send("PUT", "/default", "cors", body=CORS)).status == 200
    rule = CorsRule(
        allowed_origins=("https://app.example",),
        allowed_methods=("GET", "PUT"),
        allowed_headers=("x-custom",),
        exposed_headers=("ETag",),
        max_age=60,
    )
    assert (await catalog.buckets.get_policy("default")).cors == (rule,)
    answer = await s3.send("GET", "/default", "cors")
    assert answer.texts("CORSRule/AllowedMethod") == ["GET", "PUT"]
    assert answer.text("CORSRule/MaxAgeSeconds") == "60"
    assert (await s3.send("DELETE", "/default", "cors")).status == 204
    assert (await catalog.buckets.get_policy("default")).cors == ()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<CORSConfiguration/>", "MalformedXML"),
        (CORS.replace(b">60<", b">soon<"), "MalformedXML"),
        (CORS.replace(b"PUT", b"PATCH"), "InvalidRequest"),
        (CORS.replace(b"https://app.example", b"https://*.*.example"), "InvalidRequest"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + CORS, "MalformedXML"),
    ],
)
async def test_wrong_cors_rules_are_refused(s3: S3Client, catalog: FakeCatalog, body: bytes, code: str) -> None:
    assert (await s3.send("PUT", "/default", "cors", body=body)).code == code
    assert (await catalog.buckets.get_policy("default")).cors == ()


@pytest.mark.parametrize(
    ("query", "root", "text"),
    [
        ("location", "LocationConstraint", None),
        ("versioning", "VersioningConfiguration", None),
        ("acl", "AccessControlPolicy", "FULL_CONTROL"),
        ("ownershipControls", "OwnershipControls", "BucketOwnerEnforced"),
        ("requestPayment", "RequestPaymentConfiguration", "BucketOwner"),
        ("logging", "BucketLoggingStatus", None),
        ("notification", "NotificationConfiguration", None),
        ("accelerate", "AccelerateConfiguration", None),
        ("policyStatus", "PolicyStatus", "false"),
    ],
)
async def test_properties_are_those_of_a_plain_bucket(s3: S3Client, query: str, root: str, text: str | None) -> None:
    answer = await s3.send("GET", "/default", query)
    assert (answer.status, answer.xml.tag) == (200, root)
    assert text is None or text in answer.body.decode()
    assert (await s3.send("GET", "/missing", query)).code == "NoSuchBucket"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("policy", "NoSuchBucketPolicy"),
        ("lifecycle", "NoSuchLifecycleConfiguration"),
        ("encryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("replication", "ReplicationConfigurationNotFoundError"),
        ("website", "NoSuchWebsiteConfiguration"),
        ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        ("object-lock", "ObjectLockConfigurationNotFoundError"),
    ],
)
async def test_what_is_not_set_is_not_found_and_cannot_be_set(s3: S3Client, query: str, code: str) -> None:
    answer = await s3.send("GET", "/default", query)
    assert (answer.status, answer.code) == (404, code)
    assert (await s3.send("PUT", "/default", query, body=b"<X/>")).code == "NotImplemented"


async def test_what_a_policy_of_the_api_says_otherwise_is_not_denied(s3: S3Client, catalog: FakeCatalog) -> None:
    await catalog.buckets.put_bucket("songs", Policy(default_ttl=60, public=True))
    for query in ("lifecycle", "policy"):
        assert (await s3.send("GET", "/songs", query)).code == "NotImplemented"
    assert (await s3.send("GET", "/songs", "policyStatus")).text("IsPublic") == "true"


async def test_an_acl_says_what_holds_or_is_refused(s3: S3Client, catalog: FakeCatalog) -> None:
    await stored(catalog, name="a")
    for path in ("/default", "/default/a"):
        acl = (await s3.send("GET", path, "acl")).body
        assert (await s3.send("PUT", path, "acl", body=acl)).status == 200
        assert (await s3.send("PUT", path, "acl", headers={"x-amz-acl": "private"})).status == 200
        for refused in (acl.replace(b"FULL_CONTROL", b"READ"), acl.replace(b">fileport<", b">other<")):
            assert (await s3.send("PUT", path, "acl", body=refused)).code == "AccessControlListNotSupported"
        answer = await s3.send("PUT", path, "acl", headers={"x-amz-acl": "public-read"})
        assert answer.code == "AccessControlListNotSupported"
    assert (await s3.send("GET", "/default/missing", "acl")).code == "NoSuchKey"


# DeleteObjects


def deletion(*keys: str, quiet: bool = False) -> bytes:
    objects = "".join(f"<Object><Key>{key}</Key></Object>" for key in keys)
    return f"<Delete>{'<Quiet>true</Quiet>' if quiet else ''}{objects}</Delete>".encode()


async def delete(s3: S3Client, body: bytes, **headers: str) -> Answer:
    digest = b64encode(md5(body, usedforsecurity=False).digest()).decode()
    return await s3.send("POST", "/default", "delete", body=body, headers={"content-md5": digest, **headers})


async def test_objects_are_deleted_whether_they_exist_or_not(s3: S3Client, catalog: FakeCatalog) -> None:
    for name in ("a", "b//", "c"):
        await stored(catalog, name=name)
    answer = await delete(s3, deletion("a", "b//", "missing"))
    assert answer.texts("Deleted/Key") == ["a", "b//", "missing"]
    assert [each.name for each in catalog.database.files.values()] == ["c"]
    assert list((await delete(s3, deletion("c", quiet=True))).xml) == []
    assert not catalog.database.files


async def test_each_object_has_its_own_refusal(s3: S3Client, catalog: FakeCatalog) -> None:
    file = await stored(catalog, name="a")
    await stored(catalog, name="b")
    tags = [file.content_etag.strip('"'), "x"]
    objects = "".join(
        f"<Object><Key>{key}</Key><ETag>{tag}</ETag></Object>" for key, tag in zip(("a", "b"), tags, strict=True)
    )
    long, versioned = "x" * 1025, "<Object><Key>b</Key><VersionId>1</VersionId></Object>"
    answer = await delete(s3, f"<Delete>{objects}<Object><Key>{long}</Key></Object>{versioned}</Delete>".encode())
    assert answer.texts("Deleted/Key") == ["a"]
    assert answer.texts("Error/Code") == ["PreconditionFailed", "KeyTooLongError", "NoSuchVersion"]
    assert [each.name for each in catalog.database.files.values()] == ["b"]


async def test_a_thousand_objects_are_the_most(s3: S3Client) -> None:
    assert (await delete(s3, deletion(*map(str, range(1000))))).status == 200
    for body in (deletion(*map(str, range(1001))), deletion(), b"<Delete><Object/></Delete>"[:9]):
        assert (await delete(s3, body)).code == "MalformedXML"


async def test_a_deletion_has_a_sum_that_agrees(s3: S3Client, catalog: FakeCatalog) -> None:
    await stored(catalog, name="a")
    assert (await s3.send("POST", "/default", "delete", body=deletion("a"))).code == "InvalidRequest"
    wrong = b64encode(bytes(16)).decode()
    assert (await delete(s3, deletion("a"), **{"content-md5": wrong})).code == "BadDigest"
    assert catalog.database.files


async def test_without_the_right_nothing_is_deleted(s3: S3Client, catalog: FakeCatalog, scoped: Scoped) -> None:
    await stored(catalog, name="team/a")
    await stored(catalog, name="b")
    client = await scoped(scope("default", "team/", "delete"))
    answer = await delete(client, deletion("team/a", "b", "missing"))
    assert answer.texts("Deleted/Key") == ["team/a"]
    assert answer.texts("Error/Code") == ["AccessDenied", "AccessDenied"]
    assert [each.name for each in catalog.database.files.values()] == ["b"]


async def test_a_key_without_the_admin_right_changes_no_bucket(
    s3: S3Client, catalog: FakeCatalog, scoped: Scoped
) -> None:
    client = await scoped(scope("default", None, "read", "list", "write", "delete"))
    for method, query, body in (
        ("PUT", "tagging", TAGS), ("DELETE", "tagging", b""), ("PUT", "cors", CORS), ("DELETE", "cors", b""),
        ("DELETE", "", b""), ("PUT", "", b""),
    ):  # fmt: skip
        assert (await client.send(method, "/default", query, body=body)).code == "AccessDenied"
    await catalog.buckets.put_bucket("hidden", Policy())
    for path in ("/songs", "/hidden"):
        assert (await client.send("PUT", path)).code == "AccessDenied"
    assert (await client.send("GET", "/")).texts("Buckets/Bucket/Name") == ["default"]


@pytest.mark.parametrize("query", ["tagging", "cors", ""])
async def test_rights_are_judged_before_the_body(scoped: Scoped, query: str) -> None:
    client = await scoped(scope("default", None, "read", "list", "write", "delete"))
    assert (await client.send("PUT", "/default", query, body=b"no XML")).code == "AccessDenied"


async def test_a_bucket_is_not_created_with_tags(s3: S3Client, catalog: FakeCatalog) -> None:
    tags = b"<Tags><Tag><Key>a</Key><Value>b</Value></Tag></Tags>"
    body = b"<CreateBucketConfiguration>" + tags + b"</CreateBucketConfiguration>"
    assert (await s3.send("PUT", "/songs", body=body)).code == "NotImplemented"
    assert list(catalog.database.buckets) == ["default"]


@pytest.mark.parametrize(
    "pairs", [[("a", "1"), ("a", "2")], [("", "1")], [("a" * 129, "1")], [("aws:a", "1")], [("a", "{}")]]
)
async def test_tags_that_s3_does_not_have_are_refused(s3: S3Client, pairs: list[tuple[str, str]]) -> None:
    tags = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in pairs)
    answer = await s3.send("PUT", "/default", "tagging", body=f"<Tagging><TagSet>{tags}</TagSet></Tagging>".encode())
    assert (answer.status, answer.code) == (400, "InvalidTag")


async def test_tags_stay_where_the_api_replaces_the_policy(s3: S3Client, client: httpx.AsyncClient) -> None:
    await s3.send("PUT", "/default", "tagging", body=TAGS)
    before = await s3.send("GET", "/default", "tagging")
    assert (await client.put("/v1/buckets/default", json={"public": True})).status_code == 200
    assert (await s3.send("GET", "/default", "tagging")).body == before.body


async def test_a_key_lists_its_part_of_a_bucket(s3: S3Client, catalog: FakeCatalog, scoped: Scoped) -> None:
    for name in ("a/x", "b/y", "c"):
        await stored(catalog, name=name)
    client = await scoped(scope("default", "a/", "list"), scope("default", "b/", "read"))
    answer = await client.send("GET", "/default", "list-type=2&delimiter=%2F")
    assert (answer.texts("CommonPrefixes/Prefix"), answer.texts("Contents/Key")) == (["a/"], [])
