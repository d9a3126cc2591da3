"""GetObjectAttributes."""

from collections.abc import Sequence

from litestar.types import ASGIApp

from domain.blobs.model import BlobPart
from domain.blobs.ports import BlobRecords
from domain.files.content.read_file import ReadFile
from domain.files.model import File
from service.s3.errors import S3Error
from service.s3.headers.unsupported import check_version
from service.s3.names import location_of
from service.s3.objects.copy_object import checksum_elements
from service.s3.objects.missing import ExplainMissing
from service.s3.objects.representations import last_modified_field
from service.s3.request import S3Request
from service.s3.responses import xml_response
from service.s3.xml import Xml, document, element, text

MAX_PARTS = 1000

_ATTRIBUTES = frozenset({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"})


class GetObjectAttributes:
    """Return those attributes of an object that are asked for."""

    def __init__(self, read: ReadFile, blob_records: BlobRecords, explain_missing: ExplainMissing) -> None:
        self._read = read
        self._blob_records = blob_records
        self._explain_missing = explain_missing

    async def __call__(self, request: S3Request) -> ASGIApp:
        check_version(request)
        asked = {each.strip() for each in request.field("x-amz-object-attributes").split(",")}
        if not asked <= _ATTRIBUTES:
            raise S3Error("InvalidArgument", "Invalid attribute name specified.")
        at = location_of(request.bucket, request.key)
        async with self._explain_missing(request.caller, at):
            file = (await self._read(request.caller, at, with_bytes=False)).file
        found = _simple(file, asked)
        if "ObjectParts" in asked and (parts := await self._blob_records.get_parts(file.blob_key)):
            found.append(_parts(request, file, parts))
        return xml_response(
            document("GetObjectAttributesResponse", *found), {"Last-Modified": last_modified_field(file)}
        )


def _simple(file: File, asked: set[str]) -> list[Xml]:
    sums = file.attributes.sums if file.attributes else None
    found = []
    if "ETag" in asked:
        found.append(text("ETag", file.content_etag.strip('"')))
    if "Checksum" in asked and sums is not None and sums.checksum is not None:
        found.append(element("Checksum", *checksum_elements(sums)))
    if "StorageClass" in asked:
        found.append(text("StorageClass", "STANDARD"))
    if "ObjectSize" in asked:
        found.append(text("ObjectSize", file.size))
    return found


def _parts(request: S3Request, file: File, parts: Sequence[BlobPart]) -> Xml:
    after, limit = _number(request, "x-amz-part-number-marker", 0), _number(request, "x-amz-max-parts", MAX_PARTS)
    shown = list(enumerate(parts, start=1))[after : after + min(limit, MAX_PARTS)]
    sums = file.attributes.sums if file.attributes else None
    algorithm = sums.checksum.algorithm if sums and sums.checksum else None
    return element(
        "ObjectParts",
        text("PartsCount", len(parts)),
        text("PartNumberMarker", after),
        text("NextPartNumberMarker", shown[-1][0] if shown else after),
        text("MaxParts", limit),
        text("IsTruncated", bool(shown) and shown[-1][0] < len(parts)),
        *(element("Part", *_part(number, part, algorithm)) for number, part in shown),
    )


def _part(number: int, part: BlobPart, algorithm: str | None) -> list[Xml]:
    checksum = [text(f"Checksum{algorithm}", part.checksum)] if algorithm and part.checksum else []
    return [text("PartNumber", number), text("Size", part.size), *checksum]


def _number(request: S3Request, name: str, default: int) -> int:
    value = request.field(name) or str(default)
    if not value.isascii() or not value.isdigit() or len(value) > 9:
        raise S3Error("InvalidArgument", f"{name} is not a whole number.", {"ArgumentName": name})
    return int(value)
