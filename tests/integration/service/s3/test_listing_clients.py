"""boto's client makes buckets, pages through their objects and deletes many of them."""

from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from types_aiobotocore_s3 import S3Client

# Those that XML, URLs and paths change, if they are let.
KEYS = [
    "a", "a b", "a%2Fb", "a&amp;b", "a+b", "a/", "a//b", "a/b", "b/../c", "b/./c", "c\u00a0d", "e\u0301", "é", "\uffff",
    "😀/x", "<k>", '"', "\ue000",
]  # fmt: skip


@pytest.fixture
async def bucket(boto: S3Client) -> str:
    name = f"lists-{uuid4().hex}"
    await boto.create_bucket(Bucket=name)
    return name


async def pages(boto: S3Client, operation: Any, **arguments: Any) -> list[dict[str, Any]]:
    paginator = boto.get_paginator(operation)
    return [page async for page in paginator.paginate(**arguments)]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("delimiter", ["", "/", "b", "😀"])
async def test_every_key_comes_back_as_it_was(boto: S3Client, bucket: str, operation: str, delimiter: str) -> None:
    for key in KEYS:
        await boto.put_object(Bucket=bucket, Key=key, Body=b"x")
    for size in (1, 4, 1000):
        listed = await pages(boto, operation, Bucket=bucket, Delimiter=delimiter, PaginationConfig={"PageSize": size})
        keys = [each["Key"] for page in listed for each in page.get("Contents", ())]
        prefixes = [each["Prefix"] for page in listed for each in page.get("CommonPrefixes", ())]
        joined = {key.partition(delimiter)[0] + delimiter for key in KEYS if delimiter and delimiter in key}
        assert keys == sorted(key for key in KEYS if not delimiter or delimiter not in key)
        assert prefixes == sorted(joined)


async def test_a_bucket_is_emptied_by_its_versions_and_deleted(boto: S3Client, bucket: str) -> None:
    # XML has no U+FFFF, so that no document names the key.
    for key in set(KEYS) - {"\uffff"}:
        await boto.put_object(Bucket=bucket, Key=key, Body=b"x")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        await boto.delete_bucket(Bucket=bucket)
    for page in await pages(boto, "list_object_versions", Bucket=bucket, PaginationConfig={"PageSize": 7}):
        objects: Any = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in page["Versions"]]
        deleted = await boto.delete_objects(Bucket=bucket, Delete={"Objects": objects})
        assert not deleted.get("Errors")
        assert [each["Key"] for each in deleted["Deleted"]] == [each["Key"] for each in objects]
    await boto.delete_bucket(Bucket=bucket)
    with pytest.raises(ClientError, match="404"):
        await boto.head_bucket(Bucket=bucket)


async def test_buckets_are_paged_through(boto: S3Client, bucket: str) -> None:
    names = [f"{bucket}-{number}" for number in range(3)]
    for name in names:
        await boto.create_bucket(Bucket=name)
    listed = await pages(boto, "list_buckets", Prefix=f"{bucket}-", PaginationConfig={"PageSize": 2})
    assert [[each["Name"] for each in page["Buckets"]] for page in listed] == [names[:2], names[2:]]


async def test_a_bucket_keeps_its_tags_and_cors_rules(boto: S3Client, bucket: str) -> None:
    tags: Any = [{"Key": "größe", "Value": "a b"}, {"Key": "team", "Value": ""}]
    await boto.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert (await boto.get_bucket_tagging(Bucket=bucket))["TagSet"] == tags
    rule: Any = {
        "ID": "app",
        "AllowedOrigins": ["https://app.example", "*.app.example"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 60,
    }
    await boto.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    assert (await boto.get_bucket_cors(Bucket=bucket))["CORSRules"] == [rule]
    await boto.delete_bucket_tagging(Bucket=bucket)
    await boto.delete_bucket_cors(Bucket=bucket)
    for read in (boto.get_bucket_tagging, boto.get_bucket_cors):
        with pytest.raises(ClientError, match=r"NoSuchTagSet|NoSuchCORSConfiguration"):
            await read(Bucket=bucket)


async def test_what_clients_ask_of_a_bucket_first_is_answered(boto: S3Client, bucket: str) -> None:
    assert (await boto.get_bucket_location(Bucket=bucket)).get("LocationConstraint") is None
    assert "Status" not in await boto.get_bucket_versioning(Bucket=bucket)
    [grant] = (await boto.get_bucket_acl(Bucket=bucket))["Grants"]
    assert (grant["Permission"], grant["Grantee"]["ID"]) == ("FULL_CONTROL", "fileport")
    assert (await boto.get_bucket_request_payment(Bucket=bucket))["Payer"] == "BucketOwner"
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        await boto.get_bucket_policy(Bucket=bucket)
