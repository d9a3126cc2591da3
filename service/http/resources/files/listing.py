"""`GET /v1/files`: find files by their records."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar.exceptions import ValidationException
from litestar.params import FromQuery, QueryParameter

from domain.buckets.model import MAX_BYTES
from domain.files.metadata import check_metadata
from domain.files.names import search_words
from domain.files.search.errors import InvalidFilterError
from domain.files.search.list_files import ListFiles
from domain.files.search.model import DEFAULT_LIMIT, MAX_LIMIT, NEWEST_FIRST, FileQuery, decode_cursor, parse_sort
from domain.files.search.where import parse_where
from domain.values.errors import InvalidTimeError
from domain.values.media_types import check_type_pattern
from domain.values.times import in_utc
from service.http.queries import storable
from service.http.representations import file_body
from service.http.request import FileportRequest
from service.http.resources.files import openapi_listing
from service.http.resources.files.bodies import FilePage
from service.http.routing import get_or_head

MAX_OFFSET = 2**31

_TIMES = ("created_after", "created_before", "updated_after", "updated_before")

Bytes = Annotated[int | None, QueryParameter(ge=0, le=MAX_BYTES)]
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT)]
Offset = Annotated[int, QueryParameter(ge=0, le=MAX_OFFSET)]


@get_or_head("/", operation=openapi_listing.LIST_FILES)
async def list_files(
    request: FileportRequest,
    *,
    list_page: FromDishka[ListFiles],
    bucket: FromQuery[str | None] = None,
    prefix: FromQuery[str | None] = None,
    name: FromQuery[str | None] = None,
    search: FromQuery[str | None] = None,
    content_type: FromQuery[str | None] = None,
    tag: FromQuery[list[str] | None] = None,
    metadata: FromQuery[str | None] = None,
    where: FromQuery[str | None] = None,
    min_size: Bytes = None,
    max_size: Bytes = None,
    created_after: FromQuery[datetime | None] = None,
    created_before: FromQuery[datetime | None] = None,
    updated_after: FromQuery[datetime | None] = None,
    updated_before: FromQuery[datetime | None] = None,
    sort: FromQuery[str | None] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: FromQuery[str | None] = None,
    offset: Offset = 0,
    total: FromQuery[bool] = False,
) -> FilePage:
    """List the files that pass every filter given, a page at a time.

    Filters add up: a file is listed if it passes all of them. Expired files are never listed. A parameter that is
    not named here is refused. To read page after page, pass `next` as `cursor` with all else unchanged: no file is
    listed twice or left out because others come and go.
    """
    request.refuse_unknown_parameters()
    _refuse_loose(request)
    order = NEWEST_FIRST if sort is None else parse_sort(sort)
    query = FileQuery(
        bucket=storable(bucket),
        prefix=storable(prefix),
        name=storable(name),
        words=() if search is None else _words(search),
        content_type=None if content_type is None else check_type_pattern(content_type),
        tags=tuple(storable(each) or "" for each in tag or ()),
        metadata=None if metadata is None else check_metadata(_json("metadata", metadata)),
        where=None if where is None else parse_where(_json("where", where)),
        min_size=min_size,
        max_size=max_size,
        created_after=_time("created_after", created_after),
        created_before=_time("created_before", created_before),
        updated_after=_time("updated_after", updated_after),
        updated_before=_time("updated_before", updated_before),
        sort=order,
        limit=limit,
        offset=offset,
        after=None if cursor is None else decode_cursor(cursor, order),
    )
    page = await list_page(query, total=total)
    return FilePage(
        items=[file_body(file) for file in page.items], limit=limit, offset=offset, total=page.total, next=page.next
    )


def _refuse_loose(request: FileportRequest) -> None:
    # Litestar reads `null` as a missing parameter, and a number as a Unix time.
    for name in ("min_size", "max_size", *_TIMES):
        if any(value.lower() == "null" for value in request.query_params.getall(name, [])):
            raise ValidationException(f"{name}: null is no value; leave the parameter out.")
    for name in _TIMES:
        if any(map(_is_number, request.query_params.getall(name, []))):
            raise ValidationException(f"{name} takes an RFC 3339 time.")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _words(text: str) -> tuple[str, ...]:
    words = search_words(text)
    if not words:
        raise InvalidFilterError("search holds no letter or digit.")
    return words


def _json(parameter: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        raise InvalidFilterError(f"{parameter} is not JSON.") from None


def _time(parameter: str, time: datetime | None) -> datetime | None:
    try:
        return None if time is None else in_utc(time)
    except InvalidTimeError as error:
        raise InvalidFilterError(f"{parameter}: {error.detail}") from None
