"""`/v1/buckets`: buckets and their policies."""

from typing import Annotated

from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import Response, delete, put

from domain.access.cursors import Cursors
from domain.access.scopes import ACTIONS
from domain.buckets.delete_bucket import DeleteBucket
from domain.buckets.errors import InvalidBucketError
from domain.buckets.find_bucket import FindBucket
from domain.buckets.list_buckets import ListBuckets
from domain.buckets.model import Policy, check_bucket_name
from domain.buckets.put_bucket import PutBucket
from domain.values.cursors import decode_position, encode_position, foreign_cursor_error
from service.http.access import needs
from service.http.bodies.file_examples import BucketPath
from service.http.openapi.parameters import next_cursor, query
from service.http.request import FileportRequest
from service.http.resources.buckets import openapi
from service.http.resources.buckets.bodies import BucketBody, BucketPage, bucket_body
from service.http.routing import get_or_head
from service.http.tags import BUCKETS


@put("/{bucket:str}", status_code=200, access=needs("admin"), operation=openapi.PUT_BUCKET)
async def put_bucket(request: FileportRequest, bucket: BucketPath, put: FromDishka[PutBucket]) -> Response[BucketBody]:
    """Create a bucket, or replace its policy.

    The policy is replaced whole: a field that is left out returns to its default. It holds for what comes after;
    files that are in the bucket already stay.
    """
    precondition = request.precondition
    policy, keyed = await request.read_keyed_json(Policy)
    stored, created = await put(request.caller, bucket, policy, keyed, precondition=precondition)
    if not created:
        return Response(bucket_body(request.caller, stored), status_code=200)
    return Response(
        bucket_body(request.caller, stored), status_code=201, headers={"Location": f"/v1/buckets/{stored.name}"}
    )


@get_or_head("/{bucket:str}", access=needs(*ACTIONS), operation=openapi.GET_BUCKET)
async def get_bucket(request: FileportRequest, bucket: BucketPath, find: FromDishka[FindBucket]) -> BucketBody:
    """Return a bucket, its policy and its usage."""
    return bucket_body(request.caller, await find(request.caller, bucket))


@get_or_head("/", access=needs(*ACTIONS), operation=openapi.LIST_BUCKETS)
async def list_buckets(
    request: FileportRequest,
    list_page: FromDishka[ListBuckets],
    cursors: FromDishka[Cursors],
    limit: Annotated[int, query("At most so many buckets.", 100, ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, next_cursor(openapi.PAGE.next)] = None,
) -> BucketPage:
    """List the buckets by name.

    In the order of their names, by code point.
    """
    known = cursors.take(request.caller, cursor)
    after = None if known is None else _name_in(known)
    buckets, last = await list_page(request.caller, after=after, limit=limit)
    next_ = cursors.give(request.caller, None if last is None else encode_position(last))
    return BucketPage(items=[bucket_body(request.caller, each) for each in buckets], limit=limit, next=next_)


@delete("/{bucket:str}", access=needs("admin"), operation=openapi.DELETE_BUCKET)
async def delete_bucket(request: FileportRequest, bucket: BucketPath, delete: FromDishka[DeleteBucket]) -> None:
    """Delete a bucket that holds no files.

    The bucket `default` always exists.
    """
    await delete(request.caller, bucket, request.precondition)


def _name_in(cursor: str) -> str:
    try:
        return check_bucket_name(decode_position(cursor, str))
    except InvalidBucketError:
        raise foreign_cursor_error() from None


ROUTER = DishkaRouter(
    "/buckets", opt={"tag": BUCKETS}, route_handlers=[put_bucket, get_bucket, list_buckets, delete_bucket]
)
