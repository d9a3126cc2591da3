"""`GET /v1/files`: find files by their records."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar.types import ASGIApp

from domain.access.cursors import Cursors
from domain.buckets.model import MAX_BYTES, BucketName
from domain.files.metadata import check_metadata
from domain.files.names import search_words
from domain.files.search.errors import InvalidFilterError
from domain.files.search.list_files import ListFiles
from domain.files.search.model import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    NEWEST_FIRST,
    SORT_PATTERN,
    FileQuery,
    decode_cursor,
    parse_sort,
)
from domain.values.errors import InvalidContentTypeError
from domain.values.media_types import TypePattern, check_type_pattern
from service.http.access import needs
from service.http.bodies.annotations import BYTE_ORDER_MARK
from service.http.bodies.file_examples import FILE
from service.http.bodies.json_response import JsonResponse
from service.http.bodies.representations import file_body
from service.http.openapi.parameters import json_query, query
from service.http.openapi.schemas import schema_of
from service.http.queries import (
    ESCAPED_PLUS,
    STORABLE,
    TIME,
    has_lost_plus,
    refuse_loose_times,
    refuse_nulls,
    storable,
    utc_time,
)
from service.http.request import FileportRequest
from service.http.resources.files import openapi
from service.http.resources.files.bodies import FilePage
from service.http.resources.files.openapi_where import reference
from service.http.resources.files.where_parameter import parse_where_parameter
from service.http.routing import get_or_head
from service.runtime.concurrency import Capacity

MAX_OFFSET = 2**31

_TIMES = ("created_after", "created_before", "updated_after", "updated_before")

_NOVEMBER, _DECEMBER = "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"
Search = Annotated[
    str | None,
    query(
        "Files whose names have, for each of these words, one that begins with it. Case and normal form do not matter; "
        "a word is a run of letters and digits with their marks, of which there must be one.",
        "night oper",
        {"minLength": 1},
    ),
]
Type = Annotated[
    str | None,
    query(
        "Files of this type: `type/subtype` or `type/*`. Parameters of the file's type do not count.",
        "audio/*",
        schema_of(TypePattern),
    ),
]
Tags = Annotated[
    list[str] | None,
    query(
        "Files that have this tag; repeated, all of them.",
        ["album", "lossless"],
        {"items": {"type": "string", **STORABLE}},
    ),
]
Metadata = Annotated[
    str | None,
    json_query("Files whose metadata contain this JSON object.", {"artist": "Queen"}, {"type": "object"}),
]
Where = Annotated[
    str | None,
    json_query(
        "A filter in JSON, over fields and paths into metadata.",
        {"metadata.artist": {"ilike": "%queen%"}, "size": {"gte": 1024}},
        reference("Where"),
    ),
]
Sort = Annotated[
    str | None,
    query(
        "Up to four fields, `metadata.key` among them, with commas between; `-` before one for descending. Files "
        "without a value come last. Without it: the newest first.",
        openapi.SORT,
        {"pattern": SORT_PATTERN},
    ),
]
Cursor = Annotated[
    str | None,
    query("The page after another: that one's `next`. It goes with the same sort only.", openapi.PAGE.next),
]
Offset = Annotated[
    int,
    query("Leave out so many items first. A cursor is faster, and never skips or repeats.", 40, ge=0, le=MAX_OFFSET),
]


@get_or_head("/", access=needs("list", public_with="bucket"), operation=openapi.LIST_FILES, is_hot=True)
async def list_files(
    request: FileportRequest,
    *,
    list_page: FromDishka[ListFiles],
    cursors: FromDishka[Cursors],
    capacity: FromDishka[Capacity],
    bucket: Annotated[str | None, query("Files in this bucket.", "music", schema_of(BucketName))] = None,
    prefix: Annotated[str | None, query("Files whose names begin so, in either form.", "queen/", STORABLE)] = None,
    name: Annotated[str | None, query("Files of this name, in either normal form.", FILE.name, STORABLE)] = None,
    search: Search = None,
    content_type: Type = None,
    tag: Tags = None,
    metadata: Metadata = None,
    where: Where = None,
    min_size: Annotated[int | None, query("Files of at least so many bytes.", 1024, ge=0, le=MAX_BYTES)] = None,
    max_size: Annotated[int | None, query("Files of at most so many bytes.", 104_857_600, ge=0, le=MAX_BYTES)] = None,
    created_after: Annotated[datetime | None, query("Files created at this time or later.", _NOVEMBER, TIME)] = None,
    created_before: Annotated[datetime | None, query("Files created before this time.", _DECEMBER, TIME)] = None,
    updated_after: Annotated[datetime | None, query("Files changed at this time or later.", _NOVEMBER, TIME)] = None,
    updated_before: Annotated[datetime | None, query("Files changed before this time.", _DECEMBER, TIME)] = None,
    sort: Sort = None,
    limit: Annotated[int, query("At most so many items.", 20, ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Cursor = None,
    offset: Offset = 0,
    total: Annotated[bool, query("Whether to count all files that pass the filters.", True)] = False,
) -> ASGIApp:
    """List the files that pass every filter given, a page at a time.

    Filters add up: a file is listed if it passes all of them. Expired files are never listed. A parameter that is
    not named here is refused. To read page after page, pass `next` as `cursor` with all else unchanged: no file is
    listed twice or left out because others come and go. Without a key, name a `bucket` that is `public` and has
    `public_listing`.
    """
    request.refuse_unknown_parameters()
    refuse_nulls(request.query_params, ("min_size", "max_size"))
    refuse_loose_times(request.query_params, _TIMES)
    order = NEWEST_FIRST if sort is None else parse_sort(sort)
    known = cursors.take(request.caller, cursor)
    query = FileQuery(
        bucket=bucket,
        prefix=storable(prefix),
        name=storable(name),
        words=() if search is None else _words(search),
        content_type=None if content_type is None else _type_pattern(content_type),
        tags=tuple(storable(each) or "" for each in tag or ()),
        metadata=None if metadata is None else check_metadata(_json("metadata", metadata)),
        where=None if where is None else parse_where_parameter(_json("where", where), where),
        min_size=min_size,
        max_size=max_size,
        created_after=utc_time("created_after", created_after),
        created_before=utc_time("created_before", created_before),
        updated_after=utc_time("updated_after", updated_after),
        updated_before=utc_time("updated_before", updated_before),
        sort=order,
        limit=limit,
        offset=offset,
        after=None if known is None else decode_cursor(known, order),
    )
    async with capacity.listing_for(request.caller):
        page = await list_page(request.caller, query, total=total)
    body = FilePage(
        items=[file_body(file) for file in page.items],
        limit=limit,
        offset=offset,
        total=page.total,
        next=cursors.give(request.caller, page.next),
    )
    return JsonResponse(body, {"cache-control": "no-store"})


def _words(text: str) -> tuple[str, ...]:
    words = search_words(text)
    if not words:
        raise InvalidFilterError("search holds no letter or digit.")
    return words


def _type_pattern(text: str) -> str:
    try:
        return check_type_pattern(text)
    except InvalidContentTypeError as error:
        if has_lost_plus(text):
            raise InvalidContentTypeError(f"{error.detail} {ESCAPED_PLUS}") from None
        raise


def _json(parameter: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text.removeprefix(BYTE_ORDER_MARK))
    except (msgspec.MsgspecError, RecursionError):
        raise InvalidFilterError(f"{parameter} is not JSON.") from None
