"""GetObject and HeadObject."""

from collections.abc import Sequence
from http import HTTPStatus

from litestar.types import ASGIApp

from domain.blobs.model import BlobPart
from domain.blobs.ports import BlobRecords
from domain.files.content.read_file import FileContent, ReadFile
from domain.files.model import File
from domain.values.errors import RangeNotSatisfiableError
from domain.values.ranges import ByteRange
from service.http.connection import can_send_files
from service.http.headers.conditions import parse_if_range
from service.http.headers.fields import has_conditions
from service.http.headers.ranges import content_range, parse_ranges
from service.http.streaming import ContentResponse
from service.runtime.concurrency import Capacity, ConcurrencyLimit
from service.s3.errors import S3Error
from service.s3.headers.conditions import conditions_of
from service.s3.headers.unsupported import check_version
from service.s3.names import location_of
from service.s3.objects.missing import ExplainMissing
from service.s3.objects.representations import numbered_fields, object_fields, unchanged_fields, whole_fields
from service.s3.request import S3Request


class GetObject:
    """Send an object, or a part of it; to HEAD, all but the bytes."""

    def __init__(
        self, read: ReadFile, blob_records: BlobRecords, explain_missing: ExplainMissing, capacity: Capacity
    ) -> None:
        self._read = read
        self._blob_records = blob_records
        self._explain_missing = explain_missing
        self._capacity = capacity

    async def __call__(self, request: S3Request) -> ASGIApp:
        check_version(request)
        at = location_of(request.bucket, request.key)
        async with self._explain_missing(request.caller, at):
            content = await self._read(request.caller, at, with_bytes=request.method != "HEAD")
        limit = self._capacity.downloads_for(request.caller)
        if has_conditions(request.scope["headers"]) and conditions_of(request.field).is_fresh(content.file):
            status = HTTPStatus.NOT_MODIFIED
            return ContentResponse(content.whole(), unchanged_fields(content), limit, size=0, status=status)
        fields = object_fields(request, content)
        if "partNumber" in request.query:
            return await self._numbered_part(request, content, fields, limit)
        part = _asked_range(request, content.file)
        if part is not None:
            return _part_response(request, content, part, fields, limit)
        return _whole_response(request, content, fields, limit)

    async def _numbered_part(
        self, request: S3Request, content: FileContent, fields: dict[str, str], limit: ConcurrencyLimit
    ) -> ASGIApp:
        if request.field("range"):
            raise S3Error("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
        parts = await self._blob_records.get_parts(content.file.blob_key)
        number = request.query.integer("partNumber", 1)
        part = _part_at(number, parts or (BlobPart(content.file.size),))
        if parts:
            fields |= {
                "x-amz-mp-parts-count": str(len(parts)),
                **numbered_fields(request, content.file, parts[number - 1]),
            }
        if part is None:
            return _whole_response(request, content, fields, limit)
        return _part_response(request, content, part, fields, limit)


def _part_at(number: int, parts: Sequence[BlobPart]) -> ByteRange | None:
    """Return where a part lies, None where it is empty. Raises `S3Error`."""
    if not 1 <= number <= len(parts):
        raise S3Error("InvalidPart", "The requested partnumber is not satisfiable")
    length = parts[number - 1].size
    return ByteRange(sum(each.size for each in parts[: number - 1]), length) if length else None


def _asked_range(request: S3Request, file: File) -> ByteRange | None:
    """Return the range that is asked for; None where there is none, or several. Raises `RangeNotSatisfiableError`."""
    specs = parse_ranges(request.field("range"))
    if len(specs) != 1:
        return None
    if_range = parse_if_range(request.field("if-range"))
    if if_range is not None and not (if_range.holds_tag(file.content_etag) or if_range.holds(file)):
        return None
    part = specs[0].resolve(file.size)
    if part is None:
        raise RangeNotSatisfiableError("The requested range is not satisfiable", size=file.size)
    return part


def _part_response(
    request: S3Request, content: FileContent, part: ByteRange, fields: dict[str, str], limit: ConcurrencyLimit
) -> ASGIApp:
    own = {"Content-Range": content_range(part, content.file.size), "Content-Length": str(part.length)}
    body = content.for_sending(part) if can_send_files(request.scope) else content.part(part)
    return ContentResponse(body, fields | own, limit, size=part.length, status=HTTPStatus.PARTIAL_CONTENT)


def _whole_response(
    request: S3Request, content: FileContent, fields: dict[str, str], limit: ConcurrencyLimit
) -> ASGIApp:
    body = content.for_sending() if can_send_files(request.scope) else content.whole()
    return ContentResponse(body, fields | whole_fields(request, content.file), limit, size=content.file.size)
