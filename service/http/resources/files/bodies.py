"""Files' records in JSON."""

import msgspec
from litestar import Response

from domain.files.model import File
from domain.values.numbers import Count, Positive
from domain.values.preconditions import last_modified
from service.http.bodies.representations import FileBody, file_body
from service.http.headers.dates import past_http_date
from service.http.headers.guards import PRIVATE


class FilePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of files. `total` is null unless it was asked for; `next` is the next page's cursor, null on the last."""

    items: list[FileBody]
    limit: Positive
    offset: Count
    total: Count | None
    next: str | None


def found_response(file: File) -> Response[FileBody | None]:
    """Return the response with a file's record, which a private cache may keep."""
    headers = {**_kept(file), "Last-Modified": past_http_date(last_modified(file))}
    return Response(file_body(file), headers=headers)


def unchanged_response(file: File) -> Response[FileBody | None]:
    """Return the response to a client that has the record already (RFC 9110, section 15.4.5)."""
    return Response(None, status_code=304, headers=_kept(file))


def _kept(file: File) -> dict[str, str]:
    return {"ETag": file.etag, "Cache-Control": PRIVATE}
