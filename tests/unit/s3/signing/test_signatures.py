"""Signature Version 4: what botocore signs is taken, and whatever was changed since is not."""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.crt.auth import CrtS3SigV4Auth, CrtS3SigV4QueryAuth
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.access.authenticate_signed import AuthenticateSigned
from domain.access.callers import ROOT
from domain.access.errors import UnauthenticatedError, UnknownAccessKeyError, WrongSignatureError
from domain.access.failed_authentications import FailedAuthentications
from domain.access.root_key import RootKey
from service.s3.errors import S3Error, error_of
from service.s3.signatures.canonical import joined_headers, split_query
from service.s3.signatures.verifier import Head, Verified, Verifier
from tests.fakes.clock import FakeClock
from tests.support.s3 import HOST, REGION

SECRET = "a secret that signs"
SIGNER = Credentials("root", SECRET)
# Those in Python, and the native ones that botocore takes where they are installed.
IN_HEADERS = st.sampled_from([S3SigV4Auth, CrtS3SigV4Auth]).map(lambda auth: auth(SIGNER, "s3", REGION))
IN_QUERY = st.sampled_from([S3SigV4QueryAuth, CrtS3SigV4QueryAuth]).map(
    lambda auth: auth(SIGNER, "s3", REGION, expires=60)
)

# As S3's clients encode them.
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
PATHS = NAMES.map(lambda name: "/s3/bucket/" + quote(name, safe="/~"))
PAIRS = st.lists(st.tuples(NAMES.filter(bool), NAMES), max_size=4)
QUERIES = PAIRS.map(lambda pairs: "&".join(f"{quote(a, safe='-_.~')}={quote(b, safe='-_.~')}" for a, b in pairs))
# Printable, as field values are; runs of spaces count as one.
VALUES = st.text(st.sampled_from("abc  ,;=\"'/:é"), max_size=20).map(str.strip)
FIELDS = st.dictionaries(
    st.sampled_from(["x-amz-meta-a", "x-amz-meta-b", "x-amz-acl", "content-type", "range"]), VALUES
)


def verifier(now: float | None = None) -> Verifier:
    failures = FailedAuthentications(FakeClock(), 1_000_000)
    return Verifier(AuthenticateSigned([RootKey(SECRET)], failures), REGION, time.time if now is None else lambda: now)


def head_of(request: AWSRequest) -> Head:
    """Return the head of a request that botocore has signed, as a server gets it."""
    target = (request.url or "").removeprefix(f"http://{HOST}").encode("latin-1")
    raw_path, _, raw_query = target.partition(b"?")
    headers: Iterable[tuple[str, Any]] = request.headers.items()
    lines = [(name.lower().encode(), value if isinstance(value, bytes) else value.encode()) for name, value in headers]
    host = [each for each in lines if each[0] == b"host"] or [(b"host", HOST.encode())]
    return make_head(request.method or "", raw_path, raw_query, [*host, *(each for each in lines if each not in host)])


def make_head(method: str, raw_path: bytes, raw_query: bytes, fields: list[tuple[bytes, bytes]]) -> Head:
    query = [(name.decode(errors="replace"), value.decode(errors="replace")) for name, value in split_query(raw_query)]
    return Head(method, raw_path, raw_query, query, fields)


def signed(
    method: str = "GET",
    path: str = "/s3/bucket/key",
    query: str = "",
    fields: dict[str, str] | None = None,
    *,
    auth: Any = None,
) -> Head:
    url = f"http://{HOST}{path}" + (f"?{query}" if query else "")
    request = AWSRequest(method, url, headers=fields or {}, data=b"" if auth else b"the body")
    (auth or S3SigV4Auth(SIGNER, "s3", REGION)).add_auth(request)
    return head_of(request)


def presigned(method: str = "GET", path: str = "/s3/bucket/key", query: str = "", expires: int = 60) -> Head:
    return signed(method, path, query, auth=S3SigV4QueryAuth(SIGNER, "s3", REGION, expires=expires))


def field(head: Head, name: bytes) -> bytes:
    return joined_headers(head.fields)[name]


def with_field(head: Head, name: bytes, value: bytes | None) -> Head:
    others = [each for each in head.fields if each[0] != name]
    return head._replace(fields=others if value is None else [*others, (name, value)])


async def verify(head: Head, now: float | None = None) -> Verified:
    found = await verifier(now)(head, "192.0.2.1")
    assert found is not None
    return found


async def code_of(head: Head, now: float | None = None) -> str:
    """Return the code of the error that a head is refused with."""
    try:
        await verifier(now)(head, "192.0.2.1")
    except S3Error as error:
        return error.code
    except UnauthenticatedError as error:
        return error_of(error).code
    raise AssertionError("The head was taken.")


@given(st.sampled_from(["GET", "PUT", "DELETE"]), PATHS, QUERIES, FIELDS, IN_HEADERS)
async def test_what_botocore_signs_in_headers_is_its_callers(
    method: str, path: str, query: str, fields: dict[str, str], auth: Any
) -> None:
    found = await verify(signed(method, path, query, fields, auth=auth))
    assert (found.caller, found.is_presigned) == (ROOT, False)
    assert found.payload == sha256().hexdigest()


@given(st.sampled_from(["GET", "PUT", "DELETE"]), PATHS, QUERIES, IN_QUERY)
async def test_what_botocore_presigns_is_its_callers(method: str, path: str, query: str, auth: Any) -> None:
    found = await verify(signed(method, path, query, auth=auth))
    assert (found.caller, found.is_presigned, found.payload) == (ROOT, True, "UNSIGNED-PAYLOAD")


def meaning(head: Head) -> object:
    """Return what a head says, however it is spelled."""
    return (
        head.method,
        unquote_to_bytes(head.raw_path),
        sorted(split_query(head.raw_query)),
        joined_headers(head.fields),
    )


@given(st.data(), PATHS, QUERIES, FIELDS, st.booleans())
async def test_one_byte_that_was_changed_since_is_found(
    data: st.DataObject, path: str, query: str, fields: dict[str, str], in_query: bool
) -> None:
    head = presigned("PUT", path, query) if in_query else signed("PUT", path, query, fields)
    assert await verify(head)
    values = [head.method.encode(), head.raw_path, head.raw_query, *(value for _, value in head.fields)]
    which = data.draw(st.sampled_from([number for number, value in enumerate(values) if value]))
    at = data.draw(st.integers(0, len(values[which]) - 1))
    values[which] = b"%b%c%b" % (values[which][:at], data.draw(st.integers(33, 126)), values[which][at + 1 :])
    method, raw_path, raw_query, *rest = values
    names = [name for name, _ in head.fields]
    changed = make_head(method.decode(), raw_path, raw_query, list(zip(names, rest, strict=True)))
    assume(meaning(changed) != meaning(head))
    with pytest.raises((S3Error, UnauthenticatedError)):
        await verifier()(changed, "192.0.2.1")


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/s3/bucket/a+b", ""),
        ("/s3/bucket/a%2Bb", "a=b%2Bc"),
        ("/s3/bucket/a%20b", "prefix=a%20b"),
        ("/s3/bucket//a/../b/./c/", ""),
        ("/s3/bucket/%C3%A9%00", "uploads="),
        ("/s3/bucket/", "b=2&a=1&a=0&A=3"),
    ],
)
async def test_paths_and_queries_are_taken_as_they_are(path: str, query: str) -> None:
    # As AWS has it, and unlike botocore, which signs a path as it sends it: a plus is a plus in any spelling.
    if path.endswith("a+b"):
        head = signed(path=path.replace("+", "%2B"))
        assert await verify(head._replace(raw_path=path.encode()))
    else:
        assert await verify(signed(path=path, query=query))


async def test_a_parameter_without_a_value_is_signed_with_an_empty_one() -> None:
    head = signed(query="uploads=")
    assert await verify(head._replace(raw_query=b"uploads"))


async def test_a_plus_in_a_query_is_a_space() -> None:
    head = signed(query="prefix=a%20b")
    assert await verify(head._replace(raw_query=b"prefix=a+b"))


async def test_repeated_lines_count_as_one_list_and_runs_of_spaces_as_one() -> None:
    head = signed(fields={"x-amz-meta-a": "b  c,d"})
    others = [each for each in head.fields if each[0] != b"x-amz-meta-a"]
    assert await verify(head._replace(fields=[*others, (b"x-amz-meta-a", b"  b   c "), (b"x-amz-meta-a", b"d")]))


@pytest.mark.parametrize("name", ["x-amz-copy-source", "x-amz-meta-a", "x-amz-tagging", "x-amz-security-token"])
@pytest.mark.parametrize("make", [signed, presigned])
async def test_a_header_that_was_added_since_is_refused(name: str, make: object) -> None:
    head = with_field(signed() if make is signed else presigned("PUT"), name.encode(), b"/bucket/other")
    assert await code_of(head) == "AccessDenied"


@pytest.mark.parametrize("query", ["acl", "versionId=1", "response-content-type=text%2Fhtml", "x-amz-acl=public-read"])
async def test_a_parameter_that_was_added_since_is_refused(query: str) -> None:
    for head in (signed(), presigned()):
        raw = b"&".join(filter(None, (head.raw_query, query.encode())))
        assert await code_of(make_head("GET", head.raw_path, raw, head.fields)) == "SignatureDoesNotMatch"


async def test_a_host_that_is_not_signed_is_refused() -> None:
    head = signed()
    authorization = field(head, b"authorization").replace(b"SignedHeaders=host;", b"SignedHeaders=")
    assert await code_of(with_field(head, b"authorization", authorization)) == "AccessDenied"


async def test_the_mode_of_a_payload_is_not_taken_from_an_unsigned_header_of_a_presigned_url() -> None:
    found = await verify(with_field(presigned("PUT"), b"x-amz-content-sha256", b"STREAMING-UNSIGNED-PAYLOAD-TRAILER"))
    assert found.payload == "UNSIGNED-PAYLOAD"


async def test_another_payload_than_the_one_that_was_signed_is_refused() -> None:
    for value in (b"UNSIGNED-PAYLOAD", b"0" * 64):
        assert await code_of(with_field(signed(), b"x-amz-content-sha256", value)) == "SignatureDoesNotMatch"
    assert await code_of(with_field(signed(), b"x-amz-content-sha256", None)) == "InvalidRequest"
    assert await code_of(with_field(signed(), b"x-amz-content-sha256", b"STREAMING-OTHER")) == "InvalidArgument"


async def test_credentials_in_both_places_are_refused() -> None:
    head, other = signed(), presigned()
    both = make_head("GET", head.raw_path, other.raw_query, head.fields)
    assert await code_of(both) == "InvalidArgument"


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("AWSAccessKeyId=root&Signature=c2ln&Expires=1", []),
        ("", [(b"authorization", b"AWS root:c2lnbmF0dXJl")]),
        ("", [(b"authorization", b"Bearer fp_x")]),
        ("", [(b"authorization", b"AWS4-ECDSA-P256-SHA256 Credential=root/20261127/s3/aws4_request")]),
    ],
)
async def test_another_way_to_sign_is_told_the_right_one(query: str, fields: list[tuple[bytes, bytes]]) -> None:
    head = make_head("GET", b"/s3/bucket/key", query.encode(), [(b"host", HOST.encode()), *fields])
    with pytest.raises(S3Error) as refused:
        await verifier()(head, "192.0.2.1")
    assert (refused.value.status, "AWS4-HMAC-SHA256" in refused.value.message) == (400, True)


async def test_without_credentials_there_is_no_caller() -> None:
    assert await verifier()(make_head("GET", b"/s3/bucket/key", b"a=b", [(b"host", b"h")]), "192.0.2.1") is None


@pytest.mark.parametrize("name", ["X-Amz-Signature", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires"])
async def test_a_presigned_url_that_lacks_a_part_is_not_one_without_credentials(name: str) -> None:
    head = presigned()
    raw = b"&".join(each for each in head.raw_query.split(b"&") if not each.startswith(name.encode()))
    assert await code_of(make_head("GET", head.raw_path, raw, head.fields)) == "AuthorizationQueryParametersError"
    assert (
        await code_of(make_head("GET", head.raw_path, head.raw_query + b"&" + raw, head.fields))
        == "AuthorizationQueryParametersError"
    )


@pytest.mark.parametrize(
    "authorization",
    [
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 ",
        "AWS4-HMAC-SHA256 Credential=root",
        "AWS4-HMAC-SHA256 {credential}, {headers}",
        "AWS4-HMAC-SHA256 {credential}, {headers}, {signature}, {signature}",
        "AWS4-HMAC-SHA256 {credential}, {headers}, Signature=0",
        "AWS4-HMAC-SHA256 {credential}, {headers}, Signature=é",
        "AWS4-HMAC-SHA256 Credential=root/20261127/us-east-1/ec2/aws4_request, {headers}, {signature}",
        "AWS4-HMAC-SHA256 Credential=root/us-east-1/s3/aws4_request, {headers}, {signature}",
        "AWS4-HMAC-SHA256 {credential}, SignedHeaders=Host;x-amz-date, {signature}",
        "AWS4-HMAC-SHA256 {credential}, SignedHeaders=x-amz-date;host, {signature}",
        "AWS4-HMAC-SHA256 {credential}, SignedHeaders=, {signature}",
    ],
)
async def test_a_header_of_another_form_is_malformed(authorization: str) -> None:
    head = signed()
    _, *parts = field(head, b"authorization").decode().replace(",", "").split(" ")
    text = authorization.format(credential=parts[0], headers=parts[1], signature=parts[2])
    head = with_field(head, b"authorization", text.encode("latin-1"))
    assert await code_of(head) == "AuthorizationHeaderMalformed"


async def test_another_region_is_told_the_right_one() -> None:
    for auth in (S3SigV4Auth, S3SigV4QueryAuth):
        with pytest.raises(S3Error) as refused:
            await verifier()(signed(auth=auth(SIGNER, "s3", "eu-west-1")), "192.0.2.1")
        assert (refused.value.status, refused.value.elements) == (400, {"Region": REGION})


async def test_another_day_than_the_requests_is_refused() -> None:
    head = signed()
    day = field(head, b"x-amz-date")[:8]
    authorization = field(head, b"authorization").replace(day + b"/us-east-1", b"20200101/us-east-1")
    assert await code_of(with_field(head, b"authorization", authorization)) == "AuthorizationHeaderMalformed"


def moment(head: Head) -> float:
    text = field(head, b"x-amz-date").decode()
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


async def test_a_clock_may_be_wrong_by_a_quarter_of_an_hour() -> None:
    head = signed()
    for skew in (-900, 0, 900):
        assert await verify(head, moment(head) + skew)
    for skew in (-901, 901):
        assert await code_of(head, moment(head) + skew) == "RequestTimeTooSkewed"


async def test_a_presigned_url_lasts_as_long_as_it_says() -> None:
    head = presigned(expires=60)
    begun = next(value for name, value in head.query if name == "X-Amz-Date")
    at = datetime.strptime(begun, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    for later in (-900, 0, 60):
        assert await verify(head, at + later)
    for later in (-901, 61):
        assert await code_of(head, at + later) == "AccessDenied"


@pytest.mark.parametrize("expires", [0, -1, 604_801, 10**12])
async def test_a_presigned_url_lasts_a_week_at_most(expires: int) -> None:
    assert await code_of(presigned(expires=expires)) == "AuthorizationQueryParametersError"


async def test_a_presigned_url_may_last_a_week() -> None:
    assert await verify(presigned(expires=604_800))


@pytest.mark.parametrize("date", [b"", b"yesterday", b"20261127T250000Z", b"2026-11-27T12:00:00Z"])
async def test_a_request_has_a_date(date: bytes) -> None:
    assert await code_of(with_field(signed(), b"x-amz-date", date)) == "AccessDenied"


@pytest.mark.parametrize(
    "date",
    [
        b"yesterday",
        b"31 Dec 9999 23:59:59 -2359",
        b"Fri, 27 Nov 99999999999999999999 12:00:00 GMT",
        b"Fri, 27 Nov 0999 12:00:00 GMT",
    ],
)
async def test_a_date_that_no_clock_shows_is_none(date: bytes) -> None:
    head = with_field(with_field(signed(), b"x-amz-date", None), b"date", date)
    assert await code_of(head) == "AccessDenied"


async def test_an_unknown_id_and_a_wrong_secret_are_told_apart_as_aws_does() -> None:
    with pytest.raises(UnknownAccessKeyError):
        await verifier()(signed(auth=S3SigV4Auth(Credentials("0" * 12, SECRET), "s3", REGION)), "192.0.2.1")
    with pytest.raises(WrongSignatureError):
        await verifier()(signed(auth=S3SigV4Auth(Credentials("root", "another"), "s3", REGION)), "192.0.2.1")
