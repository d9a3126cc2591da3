"""ListParts."""

from litestar.types import ASGIApp

from domain.multipart.list_parts import ListParts as ListPartsByNumber
from domain.multipart.list_parts import PartPage
from domain.multipart.manifest import DEFAULT_CHECKSUMS
from domain.multipart.model import Part
from service.s3.buckets.owner import OWNER_ELEMENT
from service.s3.errors import S3Error
from service.s3.multipart.addresses import upload_id, upload_of
from service.s3.multipart.upload_part import etag_of
from service.s3.request import S3Request
from service.s3.responses import xml_response
from service.s3.xml import Xml, document, element, text

MAX_LISTED = 1000


class ListParts:
    """List the parts of an upload that have come."""

    def __init__(self, list_parts: ListPartsByNumber) -> None:
        self._list_parts = list_parts

    async def __call__(self, request: S3Request) -> ASGIApp:
        address = upload_of(request)
        after, limit = _number(request, "part-number-marker", 0), _number(request, "max-parts", MAX_LISTED)
        page = await self._list_parts(request.caller, address, after=after, limit=min(limit, MAX_LISTED))
        return xml_response(document("ListPartsResult", *_rendered(request, page, after, min(limit, MAX_LISTED))))


def _rendered(request: S3Request, page: PartPage, after: int, limit: int) -> list[Xml]:
    checksums = page.upload.checksums or DEFAULT_CHECKSUMS
    return [
        text("Bucket", request.bucket),
        text("Key", request.key),
        text("UploadId", upload_id(page.upload)),
        element("Initiator", text("ID", page.upload.owner), text("DisplayName", page.upload.owner)),
        OWNER_ELEMENT,
        text("StorageClass", "STANDARD"),
        text("PartNumberMarker", after),
        text("NextPartNumberMarker", page.parts[-1].number if page.parts else after),
        text("MaxParts", limit),
        text("IsTruncated", page.is_truncated),
        text("ChecksumAlgorithm", checksums.algorithm),
        text("ChecksumType", checksums.kind),
        *(element("Part", *_part(part, checksums.algorithm)) for part in page.parts),
    ]


def _part(part: Part, algorithm: str) -> list[Xml]:
    return [
        text("PartNumber", part.number),
        text("LastModified", part.modified_at),
        text("ETag", etag_of(part)),
        text("Size", part.size),
        *([] if part.checksum is None else [text(f"Checksum{algorithm}", part.checksum)]),
    ]


def _number(request: S3Request, name: str, default: int) -> int:
    number = request.query.integer(name, default)
    if number < 0:
        raise S3Error("InvalidArgument", f"Argument {name} must not be negative.", {"ArgumentName": name})
    return min(number, 2**31 - 1)
