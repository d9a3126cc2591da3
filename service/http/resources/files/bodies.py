"""Files' records in JSON."""

from http import HTTPStatus

import msgspec

from domain.files.model import File
from domain.values.numbers import Count, Positive
from domain.values.preconditions import last_modified
from service.http.bodies.json_response import JsonResponse
from service.http.bodies.representations import FileBody, file_body
from service.http.headers.dates import past_http_date
from service.http.headers.guards import PRIVATE
from service.http.streaming import BareResponse


class FilePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of files. `total` is null unless it was asked for; `next` is the next page's cursor, null on the last."""

    items: list[FileBody]
    limit: Positive
    offset: Count
    total: Count | None
    next: str | None


def found_response(file: File) -> JsonResponse:
    """Return the response with a file's record, which a private cache may keep."""
    return JsonResponse(file_body(file), {**_kept(file), "last-modified": past_http_date(last_modified(file))})


def unchanged_response(file: File) -> BareResponse:
    """Return the response to a client that has the record already (RFC 9110, section 15.4.5)."""
    return BareResponse(HTTPStatus.NOT_MODIFIED, _kept(file))


def _kept(file: File) -> dict[str, str]:
    return {"cache-control": PRIVATE, "etag": file.etag}
