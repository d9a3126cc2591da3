"""ListObjectVersions (API Reference), of buckets that never had versioning: every object has one version, `null`."""

from litestar.types import ASGIApp

from domain.files.search.list_by_name import ListByName
from service.s3.errors import S3Error
from service.s3.listings.parameters import file_elements, read_parameters
from service.s3.request import S3Request
from service.s3.responses import xml_response
from service.s3.xml import document, element, text

VERSION = "null"


class ListObjectVersions:
    """List the objects of a bucket as their only versions."""

    def __init__(self, list_by_name: ListByName) -> None:
        self._list_by_name = list_by_name

    async def __call__(self, request: S3Request) -> ASGIApp:
        parameters = read_parameters(request)
        marker, version = request.query.get("key-marker") or "", request.query.get("version-id-marker") or ""
        if version and not marker:
            raise S3Error("InvalidArgument", "A version-id marker cannot be specified without a key marker.")
        page = await self._list_by_name(request.caller, parameters.query(marker))
        more = [parameters.name("KeyMarker", marker), text("VersionIdMarker", version)]
        if page.is_truncated:
            more += [parameters.name("NextKeyMarker", page.entries[-1].name), text("NextVersionIdMarker", VERSION)]
        versions = [
            element(
                "Version",
                parameters.name("Key", each.name),
                text("VersionId", VERSION),
                text("IsLatest", True),
                file_elements(each.file, has_owner=True),
            )
            for each in page.entries
            if each.file is not None
        ]
        return xml_response(
            document(
                "ListVersionsResult",
                *parameters.given(*more),
                text("IsTruncated", page.is_truncated),
                *versions,
                *parameters.common_prefixes(page.entries),
            )
        )
