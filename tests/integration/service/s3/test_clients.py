"""boto's client at each address of the protocol."""

import os

import httpx
from types_aiobotocore_s3 import S3Client

from tests.integration.service.s3.conftest import DOMAIN, S3Server


async def test_an_object_comes_back_as_it_was(boto: S3Client) -> None:
    content, key = os.urandom(300_000), "a b/ü+x//../y"
    await boto.put_object(Bucket="default", Key=key, Body=content, Metadata={"k": "v"})
    found = await boto.get_object(Bucket="default", Key=key)
    assert (await found["Body"].read(), found["Metadata"]) == (content, {"k": "v"})


async def test_a_file_of_one_protocol_is_the_others(boto: S3Client, s3_server: S3Server) -> None:
    await boto.put_object(Bucket="default", Key="shared.txt", Body=b"by S3", ContentType="text/plain")
    async with s3_server.server.client() as client:
        by_name = await client.get("/v1/buckets/default/files/shared.txt")
    assert (by_name.content, by_name.headers["content-type"]) == (b"by S3", "text/plain")


async def test_a_bucket_of_the_domain_is_a_host(s3_server: S3Server) -> None:
    async with httpx.AsyncClient() as client:
        for url in (s3_server.server.url, s3_server.own_url):
            answer = await client.get(f"{url}/key", headers={"Host": f"default.{DOMAIN}"})
            assert (answer.status_code, answer.headers["content-type"]) == (403, "application/xml")
            assert "<Resource>/default/key</Resource>" in answer.text


async def test_health_is_not_served_on_the_port_of_the_protocol(s3_server: S3Server) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{s3_server.own_url}/health/live")
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/xml")
