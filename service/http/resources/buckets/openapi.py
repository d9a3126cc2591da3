"""The document's descriptions of buckets."""

from msgspec.structs import replace

from domain.access.callers import ROOT
from domain.buckets.cors import CorsRule
from domain.buckets.model import Bucket, Policy, Usage
from domain.values.cursors import encode_position
from domain.values.errors import InvalidCursorError
from service.http.bodies.file_examples import CREATED
from service.http.headers.conditions import EntityTags
from service.http.openapi.headers import IDEMPOTENCY_KEY, LOCATION
from service.http.openapi.operation import Header, Operation, Response, json_of
from service.http.openapi.schemas import schema_of
from service.http.resources.buckets.bodies import BucketPage, bucket_body

_POLICY = Policy(
    max_file_size=104_857_600,
    allowed_types=("audio/*", "image/*"),
    quota_bytes=10_737_418_240,
    quota_files=100_000,
    default_ttl=31_536_000,
    public=True,
    public_listing=False,
    cors=(
        CorsRule(
            allowed_origins=("https://app.example",),
            allowed_methods=("GET", "HEAD"),
            allowed_headers=("Range",),
            exposed_headers=("ETag",),
            max_age=3600,
        ),
    ),
    cache_control="public, max-age=3600",
)
_bucket = Bucket(name="music", policy=_POLICY, created_at=CREATED, usage=Usage(bytes=534_773_760, files=17))
_NEW = bucket_body(ROOT, replace(_bucket, usage=Usage()))
_BUCKET = bucket_body(ROOT, _bucket)
PAGE = BucketPage(
    items=[bucket_body(ROOT, Bucket(name="default", policy=Policy(), created_at=CREATED)), _BUCKET],
    limit=2,
    next=encode_position("music"),
)

_ANY = ("*", schema_of(EntityTags))
_IF_EXISTS = Header(
    "If-Match",
    "`*`: go on only if the bucket exists; else 412. No bucket has an entity tag.",
    *_ANY,
    key="IfBucketExists",
)
_IF_NEW = Header("If-None-Match", "`*`: go on only if there is no such bucket; else 412.", *_ANY, key="IfBucketIsNew")

LIST_BUCKETS = Operation(responses=(Response(200, "A page of buckets.", PAGE),), problems=(InvalidCursorError,))
PUT_BUCKET = Operation(
    headers=(_IF_EXISTS, _IF_NEW, IDEMPOTENCY_KEY),
    body=json_of(_POLICY),
    responses=(
        Response(200, "The bucket has the new policy.", _BUCKET),
        Response(201, "The bucket is new.", _NEW, (LOCATION,)),
    ),
)
GET_BUCKET = Operation(responses=(Response(200, "The bucket.", _BUCKET),))
DELETE_BUCKET = Operation(headers=(_IF_EXISTS,), responses=(Response(204, "The bucket is gone."),))
