"""`/v1/buckets`: buckets and their policies."""

from typing import Annotated, Any

from dishka.integrations.litestar import FromDishka, inject
from litestar import Request, Response, delete, put
from litestar.params import FromPath, FromQuery, QueryParameter

from domain.buckets.delete_bucket import DeleteBucket
from domain.buckets.errors import InvalidBucketError
from domain.buckets.find_bucket import FindBucket
from domain.buckets.list_buckets import ListBuckets
from domain.buckets.model import Policy, check_bucket_name
from domain.buckets.put_bucket import PutBucket
from domain.values.cursors import decode_position, encode_position, foreign_cursor_error
from service.http.get_or_head import read
from service.http.headers.conditions import precondition_of
from service.http.idempotency import read_keyed_json
from service.http.resources.buckets.bodies import BucketBody, BucketPage, bucket_body


@put("/{bucket:str}", status_code=200)
@inject
async def put_bucket(
    request: Request[Any, Any, Any], bucket: FromPath[str], put_bucket: FromDishka[PutBucket]
) -> Response[BucketBody]:
    """Create a bucket, or replace its policy."""
    precondition = precondition_of(request)
    policy, keyed = await read_keyed_json(request, Policy)
    stored, created = await put_bucket(bucket, policy, keyed, precondition=precondition)
    if not created:
        return Response(bucket_body(stored), status_code=200)
    return Response(bucket_body(stored), status_code=201, headers={"Location": f"/v1/buckets/{stored.name}"})


@read("/{bucket:str}")
@inject
async def get_bucket(bucket: FromPath[str], find_bucket: FromDishka[FindBucket]) -> BucketBody:
    """Return a bucket, its policy and its usage."""
    return bucket_body(await find_bucket(bucket))


@read("/")
@inject
async def list_buckets(
    list_buckets: FromDishka[ListBuckets],
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    cursor: FromQuery[str | None] = None,
) -> BucketPage:
    """List the buckets by name."""
    buckets, last = await list_buckets(after=None if cursor is None else _name_in(cursor), limit=limit)
    next_ = None if last is None else encode_position(last)
    return BucketPage(items=[bucket_body(each) for each in buckets], limit=limit, next=next_)


@delete("/{bucket:str}")
@inject
async def delete_bucket(
    request: Request[Any, Any, Any], bucket: FromPath[str], delete_bucket: FromDishka[DeleteBucket]
) -> None:
    """Delete a bucket that holds no files."""
    await delete_bucket(bucket, precondition_of(request))


def _name_in(cursor: str) -> str:
    try:
        return check_bucket_name(decode_position(cursor, str))
    except InvalidBucketError:
        raise foreign_cursor_error() from None
