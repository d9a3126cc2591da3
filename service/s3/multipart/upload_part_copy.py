"""UploadPartCopy."""

import re

from litestar.types import ASGIApp

from domain.files.content.read_file import ReadFile
from domain.multipart.copy_part import CopyPart
from domain.values.ranges import ByteRange
from service.runtime.concurrency import Capacity
from service.s3.errors import S3Error
from service.s3.headers.conditions import conditions_of
from service.s3.headers.copy_source import parse_copy_source
from service.s3.headers.unsupported import refuse_unsupported
from service.s3.multipart.addresses import part_number_of, upload_of
from service.s3.multipart.upload_part import etag_of
from service.s3.objects.missing import ExplainMissing
from service.s3.request import S3Request
from service.s3.responses import xml_response
from service.s3.xml import document, text

# Both ends, in full: RFC 9110's other forms are not taken (API Reference, "UploadPartCopy").
_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})", re.ASCII)
_FIELD = "x-amz-copy-source-range"


class UploadPartCopy:
    """Store a part that is an object, or a range of one."""

    def __init__(self, copy: CopyPart, read: ReadFile, explain_missing: ExplainMissing, capacity: Capacity) -> None:
        self._copy = copy
        self._read = read
        self._explain_missing = explain_missing
        self._capacity = capacity

    async def __call__(self, request: S3Request) -> ASGIApp:
        refuse_unsupported(request)
        address, number = upload_of(request), part_number_of(request)
        at = parse_copy_source(request.field("x-amz-copy-source"))
        async with self._explain_missing(request.caller, at):
            source = await self._read(request.caller, at)
        conditions_of(request.field, "x-amz-copy-source-").check_source(source.file)
        wanted = _range(request.field(_FIELD), source.file.size)
        async with self._capacity.uploads.slot(request.caller):
            part, algorithm = await self._copy(request.caller, address, number, source, wanted)
        return xml_response(
            document(
                "CopyPartResult",
                text("LastModified", part.modified_at),
                text("ETag", etag_of(part)),
                text(f"Checksum{algorithm}", part.checksum or ""),
            )
        )


def _range(value: str, size: int) -> ByteRange | None:
    """Return the range of an object of `size` bytes, None for all of it. Raises `S3Error`."""
    if not value:
        return None
    found = _RANGE.fullmatch(value)
    elements = {"ArgumentName": _FIELD, "ArgumentValue": value}
    if found is None:
        raise S3Error(
            "InvalidArgument",
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
            "zero-based offsets of the first and last bytes to copy",
            elements,
        )
    first, last = int(found[1]), int(found[2])
    if first > last or last >= size:
        raise S3Error("InvalidArgument", f"Range specified is not valid for source object of size: {size}", elements)
    return ByteRange(first, last - first + 1)
