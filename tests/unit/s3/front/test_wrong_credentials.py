"""Every operation, with every payload mode and every place of credentials: without the secret nothing happens."""

from itertools import product

import msgspec
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from service.s3.operations import OPERATIONS, Operation
from service.s3.signatures.payload import Payload
from tests.support.clients import client_of
from tests.support.fake_service import Service
from tests.support.s3 import HOST, REGION, Answer, S3Client, call
from tests.support.s3_chunks import encode_chunks

PATHS = {"service": "/", "bucket": "/default", "object": "/default/key"}
PAYLOADS = [None, *Payload]
WRONG = "another secret"


def query_of(operation: Operation) -> str:
    return "&".join(f"{name}=2" for name in sorted(operation.named_by))


def fields_of(operation: Operation, payload: str | None = None) -> dict[str, str]:
    fields = {"host": HOST}
    if operation.header is not None:
        fields[operation.header.decode()] = "/default/key"
    if payload in {Payload.SIGNED_CHUNKS_AND_TRAILER, Payload.CHUNKS_AND_TRAILER}:
        fields["x-amz-trailer"] = "x-amz-checksum-crc32"
    if payload is not None and payload.startswith("STREAMING"):
        fields["x-amz-decoded-content-length"] = "1"
    return fields


async def state(service: Service) -> bytes:
    """Return all that a request could have changed."""
    database = service.catalog.database
    return msgspec.json.encode(
        [
            sorted(map(str, database.files)),
            [(name, row.policy) for name, row in database.buckets.items()],
            sorted(database.blobs),
            sorted(map(str, database.uploads)),
            [entry.action for entry in database.audit if not entry.action.startswith("access.")],
        ]
    )


async def stored(service: Service) -> bytes:
    async with client_of(service.app) as client:
        assert (await client.put("/v1/buckets/default/files/key", content=b"the content")).status_code == 201
    return await state(service)


def is_refused(operation: Operation, answer: Answer) -> bool:
    code_fits = operation.method == "HEAD" or answer.code in {"SignatureDoesNotMatch", "InvalidAccessKeyId"}
    return answer.status == 403 and code_fits


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
async def test_a_wrong_secret_in_the_header(service: Service, operation: Operation) -> None:
    before = await stored(service)
    for access_key_id, payload in product(("root", "0" * 12), PAYLOADS):
        s3 = S3Client(service.app, access_key_id, WRONG)
        answer = await s3.send(
            operation.method,
            PATHS[operation.level],
            query_of(operation),
            headers=fields_of(operation, payload),
            body=encode_chunks([b"a"]),
            payload=payload,
        )
        assert is_refused(operation, answer), (answer.status, answer.body)
    assert await state(service) == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
async def test_a_wrong_secret_in_the_query(service: Service, operation: Operation) -> None:
    before, query = await stored(service), query_of(operation)
    url = f"http://{HOST}/s3{PATHS[operation.level]}" + (f"?{query}" if query else "")
    request = AWSRequest(operation.method, url, headers=fields_of(operation), data=b"")
    S3SigV4QueryAuth(Credentials("root", WRONG), "s3", REGION, expires=60).add_auth(request)
    target, fields = str(request.url).removeprefix(f"http://{HOST}"), fields_of(operation)
    for payload in PAYLOADS:
        more = {} if payload is None else {"x-amz-content-sha256": str(payload)}
        answer = await call(
            service.app, operation.method, target, {**fields, **more, "content-length": "1"}.items(), [b"a"]
        )
        assert is_refused(operation, answer), (answer.status, answer.body)
    assert await state(service) == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
async def test_credentials_in_both_places_or_in_none(service: Service, operation: Operation) -> None:
    before, query = await stored(service), query_of(operation)
    path = PATHS[operation.level]
    signed = S3Client(service.app).sign(operation.method, f"/s3{path}?{query}", fields_of(operation))
    both = f"{query}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a&X-Amz-Signature=b"
    answer = await call(service.app, operation.method, f"/s3{path}?{both}", signed.items())
    assert answer.status == 400
    answer = await call(service.app, operation.method, f"/s3{path}?{query}", fields_of(operation).items())
    # A form without a file is no form; all else needs credentials, for the bucket is private.
    assert answer.status == (412 if operation.name == "PostObject" else 403)
    assert await state(service) == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
async def test_a_signed_request_with_a_header_more_is_refused(service: Service, operation: Operation) -> None:
    before, query = await stored(service), query_of(operation)
    target = f"/s3{PATHS[operation.level]}" + (f"?{query}" if query else "")
    signed = S3Client(service.app).sign(operation.method, target, fields_of(operation))
    for name in ("x-amz-copy-source", "x-amz-meta-a", "x-amz-tagging", "x-amz-acl"):
        if name not in signed:
            answer = await call(service.app, operation.method, target, {**signed, name: "/default/key"}.items())
            assert answer.status == 403, name
    assert await state(service) == before


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
async def test_a_key_without_rights_changes_nothing_and_learns_nothing(service: Service, operation: Operation) -> None:
    async with client_of(service.app) as client:
        made = await client.post(
            "/v1/keys", json={"name": "a", "scopes": [{"actions": ["read"], "bucket": "elsewhere"}]}
        )
    before = await stored(service)
    stranger = S3Client(service.app, made.json()["access_key_id"], made.json()["secret"])
    answers = []
    for path in (PATHS[operation.level], PATHS[operation.level].replace("default", "missing")):
        fields = fields_of(operation) | ({} if operation.header is None else {"x-amz-copy-source": f"{path}/key"})
        answers.append(await stranger.send(operation.method, path, query_of(operation), headers=fields))
    if operation.level != "service":
        seen, missing = ((each.status, each.code) for each in answers)
        assert seen == missing
        assert 400 <= seen[0] < 500
    assert await state(service) == before
