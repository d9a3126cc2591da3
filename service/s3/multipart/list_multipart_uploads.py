"""ListMultipartUploads."""

from urllib.parse import quote
from uuid import UUID

from litestar.types import ASGIApp

from domain.multipart.list_multipart_uploads import ListMultipartUploads as ListUploadsByName
from domain.multipart.list_multipart_uploads import UploadPage
from domain.multipart.manifest import DEFAULT_CHECKSUMS
from domain.multipart.model import MultipartUpload, UploadsAfter
from service.s3.buckets.owner import OWNER_ELEMENT
from service.s3.errors import S3Error
from service.s3.multipart.addresses import upload_id
from service.s3.request import Query, S3Request
from service.s3.responses import xml_response
from service.s3.xml import Xml, document, element, text

MAX_LISTED = 1000


class ListMultipartUploads:
    """List the uploads of a bucket that are in progress."""

    def __init__(self, list_uploads: ListUploadsByName) -> None:
        self._list_uploads = list_uploads

    async def __call__(self, request: S3Request) -> ASGIApp:
        query = request.query
        encoding, limit = query.get("encoding-type") or "", query.integer("max-uploads", MAX_LISTED)
        if encoding not in {"", "url"}:
            raise S3Error("InvalidArgument", "Invalid Encoding Method specified in Request")
        if limit < 0:
            raise S3Error("InvalidArgument", "Argument max-uploads must not be negative.")
        limit = min(limit, MAX_LISTED)
        page = await self._list_uploads(
            request.caller,
            request.bucket,
            prefix=query.get("prefix") or "",
            delimiter=query.get("delimiter") or "",
            after=_marker(query),
            limit=limit,
        )
        rendering = _Rendering(is_encoded=encoding == "url")
        return xml_response(document("ListMultipartUploadsResult", *rendering.page(request, page, limit)))


def _marker(query: Query) -> UploadsAfter | None:
    """Return where the listing goes on. An upload's id counts only beside the marker of a key."""
    name = query.get("key-marker")
    if not name:
        return None
    try:
        return UploadsAfter(name, UUID(hex=query.get("upload-id-marker") or "f" * 32))
    except ValueError:
        raise S3Error("InvalidArgument", "Invalid uploadId marker", {"ArgumentName": "upload-id-marker"}) from None


class _Rendering:
    """Renders a page, its names percent-encoded where the client asks for that."""

    def __init__(self, *, is_encoded: bool) -> None:
        self._is_encoded = is_encoded

    def page(self, request: S3Request, page: UploadPage, limit: int) -> list[Xml]:
        query = request.query
        elements = [
            text("Bucket", request.bucket),
            self._name("KeyMarker", query.get("key-marker") or ""),
            text("UploadIdMarker", query.get("upload-id-marker") or ""),
            self._name("Prefix", query.get("prefix") or ""),
            text("MaxUploads", limit),
            text("IsTruncated", page.after is not None),
        ]
        if page.after is not None:
            last = page.uploads[-1] if page.uploads else None
            is_upload = last is not None and last.file.name == page.after.name
            elements.append(self._name("NextKeyMarker", page.after.name))
            elements.append(text("NextUploadIdMarker", page.after.id.hex if is_upload else ""))
        if delimiter := query.get("delimiter"):
            elements.append(self._name("Delimiter", delimiter))
        if self._is_encoded:
            elements.append(text("EncodingType", "url"))
        elements += [self._upload(each) for each in page.uploads]
        elements += [element("CommonPrefixes", self._name("Prefix", each)) for each in page.folders]
        return elements

    def _upload(self, upload: MultipartUpload) -> Xml:
        checksums = upload.checksums or DEFAULT_CHECKSUMS
        return element(
            "Upload",
            self._name("Key", upload.file.name),
            text("UploadId", upload_id(upload)),
            element("Initiator", text("ID", upload.owner), text("DisplayName", upload.owner)),
            OWNER_ELEMENT,
            text("StorageClass", "STANDARD"),
            text("Initiated", upload.created_at),
            text("ChecksumAlgorithm", checksums.algorithm),
            text("ChecksumType", checksums.kind),
        )

    def _name(self, tag: str, value: str) -> Xml:
        return text(tag, quote(value, safe="/") if self._is_encoded else value)
