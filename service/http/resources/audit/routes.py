"""`/v1/audit`: who did what to which file, for admins."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import DishkaRouter, FromDishka
from msgspec.structs import replace

from domain.access.cursors import Cursors
from domain.audit.list_audit import ListAudit
from domain.audit.model import AuditAction, AuditPosition, AuditQuery
from domain.buckets.model import BucketName
from domain.files.search.errors import InvalidFilterError
from domain.values.cursors import decode_position, encode_position, foreign_cursor_error
from domain.values.errors import InvalidTimeError
from domain.values.times import in_utc
from service.http.access import needs
from service.http.bodies.file_examples import FILE
from service.http.openapi.parameters import next_cursor, query
from service.http.openapi.schemas import schema_of
from service.http.queries import TIME, refuse_loose_times, refuse_nulls, utc_time
from service.http.request import FileportRequest
from service.http.resources.audit import openapi
from service.http.resources.audit.bodies import AuditPageBody, entry_body
from service.http.routing import get_or_head
from service.http.tags import AUDIT

_CALLER = r"(?:root|nobody|system|(?:key|token|link):[^\u0000]+)"
_NOVEMBER, _DECEMBER = "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"

CallerFilter = Annotated[
    str | None,
    query(
        "Of this caller: `root`, `nobody`, `system`, or a kind and an id, such as `key:…`.",
        openapi.CALLER,
        {"pattern": f"^{_CALLER}$"},
    ),
]


@get_or_head("/", access=needs("admin"), operation=openapi.LIST_AUDIT)
async def list_audit(
    request: FileportRequest,
    *,
    list_page: FromDishka[ListAudit],
    cursors: FromDishka[Cursors],
    caller: CallerFilter = None,
    action: Annotated[AuditAction | None, query("Of this action.", openapi.REPLACED.action)] = None,
    bucket: Annotated[str | None, query("On this bucket and its files.", "music", schema_of(BucketName))] = None,
    file_id: Annotated[UUID | None, query("On this file, whether it exists or not.", str(FILE.id))] = None,
    since: Annotated[datetime | None, query("At this time or later.", _NOVEMBER, TIME)] = None,
    until: Annotated[datetime | None, query("Before this time.", _DECEMBER, TIME)] = None,
    limit: Annotated[int, query("At most so many entries.", 100, ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, next_cursor(openapi.PAGE.next)] = None,
) -> AuditPageBody:
    """List the entries of the audit that pass every filter given, the newest first.

    The root key sees all of them, and so does an admin of everything. Any other admin sees those on the files that it
    is the admin of, and those on a bucket where that is all of it.
    """
    request.refuse_unknown_parameters()
    refuse_nulls(request.query_params, ("file_id", "action"))
    refuse_loose_times(request.query_params, ("since", "until"))
    if caller is not None and not re.fullmatch(_CALLER, caller):
        raise InvalidFilterError(
            "caller is root, nobody, system, or a kind and an id, such as key:01a21b12-a30a-7c15-97ca-9ab57d30d397."
        )
    known = cursors.take(request.caller, cursor)
    page = await list_page(
        request.caller,
        AuditQuery(
            caller=caller,
            action=action,
            bucket=bucket,
            file_id=file_id,
            since=utc_time("since", since),
            until=utc_time("until", until),
            after=None if known is None else _position_in(known),
            limit=limit,
        ),
    )
    return AuditPageBody(
        items=[entry_body(entry) for entry in page.items],
        limit=limit,
        next=cursors.give(request.caller, None if page.next is None else encode_position(page.next)),
    )


def _position_in(cursor: str) -> AuditPosition:
    position = decode_position(cursor, AuditPosition)
    try:
        return replace(position, at=in_utc(position.at))
    except InvalidTimeError:
        raise foreign_cursor_error() from None


ROUTER = DishkaRouter("/audit", opt={"tag": AUDIT}, route_handlers=[list_audit])
