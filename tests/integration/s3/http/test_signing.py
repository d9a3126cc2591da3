"""Our signatures are those that botocore makes, and our addresses those that it finds."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import aioboto3
import pytest
from aiobotocore.config import AioConfig
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials
from hypothesis import given
from hypothesis import strategies as st

from adapters.s3 import connect_s3
from adapters.s3.http.address import Address, find_address
from adapters.s3.http.request import ObjectRequest
from adapters.s3.http.signing import sign

VISIBLE = st.characters(min_codepoint=33, max_codepoint=126)
CREDENTIALS = st.builds(
    ReadOnlyCredentials,
    st.text(VISIBLE, min_size=1),
    st.text(st.characters(codec="utf-8"), min_size=1),
    st.none() | st.text(VISIBLE, min_size=1),
    st.none(),
)
ADDRESSES = st.builds(
    Address,
    origin=st.just("https://s3.example.test:9000"),
    folder=st.sampled_from(["/", "/bucket/"]),
    host=st.just("s3.example.test:9000"),
    region=st.sampled_from(["us-east-1", "eu-central-1", "auto"]),
    service=st.sampled_from(["s3", "s3-outposts"]),
    user_agent=st.just("tests"),
)
KEYS = st.text(st.characters(codec="utf-8"), min_size=1)
HEADERS = st.dictionaries(
    st.sampled_from(["content-md5", "range", "content-type"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126)),
)
ODD_KEYS = ("k", "a b+c%2F/ü~-._/€", "/leading", "trailing/", "a//b", "../up", "'();:@&=,$!*?#[]")
ACCESS_POINT = "arn:aws:s3:eu-west-3:123456789012:accesspoint/a"
NUMBERS = st.integers(1, 10_000)


@st.composite
def requests(draw: st.DrawFn) -> ObjectRequest:
    query = ""
    if draw(st.booleans()):
        query = f"partNumber={draw(NUMBERS)}&uploadId={quote(draw(KEYS), safe='-._~')}"
    return ObjectRequest(draw(st.sampled_from(["GET", "HEAD", "PUT"])), draw(KEYS), query, draw(HEADERS))


def signed_by_botocore(request: ObjectRequest, address: Address, credentials: ReadOnlyCredentials) -> Mapping[str, str]:
    url = f"{address.origin}{address.path(request.key)}"
    prepared = AWSRequest(
        request.method, f"{url}?{request.query}" if request.query else url, headers=dict(request.headers)
    )
    prepared.context["client_config"] = AioConfig(s3={"payload_signing_enabled": False})
    S3SigV4Auth(credentials, address.service, address.region).add_auth(prepared)
    return {name.lower(): value for name, value in prepared.headers.items()}


@given(requests(), ADDRESSES, CREDENTIALS)
def test_a_signature_is_botocores(request: ObjectRequest, address: Address, credentials: ReadOnlyCredentials) -> None:
    theirs = signed_by_botocore(request, address, credentials)
    now = datetime.strptime(theirs["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    ours = sign(request, address, credentials, now=now)
    assert ours == {**theirs, "host": address.host}


@pytest.mark.parametrize(
    ("endpoint_url", "region", "bucket", "url", "signed"),
    [
        (None, "us-east-1", "bucket", "https://bucket.s3.amazonaws.com", "us-east-1"),
        (None, "eu-central-1", "bucket", "https://bucket.s3.eu-central-1.amazonaws.com", "eu-central-1"),
        (None, "eu-central-1", "buc.ket", "https://s3.eu-central-1.amazonaws.com/buc.ket", "eu-central-1"),
        (None, "eu-west-1", ACCESS_POINT, "https://a-123456789012.s3-accesspoint.eu-west-3.amazonaws.com", "eu-west-3"),
        ("http://localhost:9000", None, "bucket", "http://localhost:9000/bucket", "us-east-1"),
        ("https://files.example.test:443/in", "x", "bucket", "https://files.example.test:443/in/bucket", "x"),
    ],
)
async def test_an_object_is_where_botocore_looks_for_it(
    *, endpoint_url: str | None, region: str | None, bucket: str, url: str, signed: str
) -> None:
    session = aioboto3.Session(aws_access_key_id="id", aws_secret_access_key="secret")
    async with connect_s3(endpoint_url=endpoint_url, region=region, session=session) as connection:
        address = await find_address(connection.client, bucket)
        for key in ODD_KEYS:
            given = {"Bucket": bucket, "Key": key}
            theirs = await connection.client.generate_presigned_url("get_object", Params=given)
            assert address.path(key) == urlsplit(theirs).path
    assert f"{address.origin}{address.folder}" == f"{url}/"
    assert (address.region, address.service) == (signed, "s3")
    assert address.host == url.split("/")[2].removesuffix(":443")
