"""Signed requests to S3 keep the port's contract, and their own promises."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import aioboto3
import httpx
import pytest

from adapters.s3 import S3BlobStore, S3DirectAccess, open_s3_client
from domain.model.blobs import new_blob_key
from domain.ports import BlobStore
from tests.contracts.direct_access import HEADERS, Answer, DirectAccessContract
from tests.integration.s3.conftest import BUCKET

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

LIFE = 60


@pytest.fixture
def direct(s3_client: "S3Client", prefix: str) -> S3DirectAccess:
    return S3DirectAccess(s3_client, BUCKET, prefix, life=LIFE)


class TestS3DirectAccess(DirectAccessContract):
    @pytest.fixture
    def store(self, store: S3BlobStore) -> BlobStore:
        return store

    @pytest.fixture
    def direct(self, direct: S3DirectAccess) -> S3DirectAccess:
        return direct

    @pytest.fixture(autouse=True)
    async def _client(self) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=60) as self.client:
            yield

    async def send(self, method: str, url: str) -> Answer:
        answer = await self.client.request(method, url)
        return Answer(answer.status_code, answer.headers, answer.content)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
async def test_a_url_is_signed_by_the_present_version_for_the_endpoint_that_clients_reach(region: str) -> None:
    session = aioboto3.Session(aws_access_key_id="id", aws_secret_access_key="secret", region_name=region)
    for endpoint_url, host in (("https://files.example.test:9000", "files.example.test:9000"), (None, "amazonaws.com")):
        async with open_s3_client(endpoint_url=endpoint_url, session=session) as signing:
            url = urlsplit(await S3DirectAccess(signing, BUCKET, life=LIFE).sign_read(new_blob_key(), "GET", HEADERS))
        assert url.netloc.endswith(host)
        query = parse_qs(url.query)
        assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
        assert query["X-Amz-Expires"] == [str(LIFE)]
        assert query["X-Amz-Credential"][0].split("/")[2:4] == [region, "s3"]
