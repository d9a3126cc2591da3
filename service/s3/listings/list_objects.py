"""ListObjects and ListObjectsV2 (API Reference)."""

from litestar.types import ASGIApp

from domain.access.cursors import Cursors
from domain.files.search.by_name import NamePage
from domain.files.search.list_by_name import ListByName
from domain.values.cursors import decode_position, encode_position
from domain.values.errors import InvalidCursorError
from service.s3.errors import S3Error
from service.s3.listings.parameters import Parameters, file_elements, read_parameters
from service.s3.request import S3Request
from service.s3.responses import xml_response
from service.s3.xml import Xml, document, element, text


class ListObjects:
    """List the objects of a bucket, from behind a marker, which is a name."""

    def __init__(self, list_by_name: ListByName) -> None:
        self._list_by_name = list_by_name

    async def __call__(self, request: S3Request) -> ASGIApp:
        parameters, marker = read_parameters(request), request.query.get("marker") or ""
        page = await self._list_by_name(request.caller, parameters.query(marker))
        more = [parameters.name("Marker", marker)]
        if page.is_truncated and parameters.delimiter:
            more.append(parameters.name("NextMarker", page.entries[-1].name))
        return _response(parameters, page, more, has_owner=True)


class ListObjectsV2:
    """List the objects of a bucket, from behind a name or with the token of the page before."""

    def __init__(self, list_by_name: ListByName, cursors: Cursors) -> None:
        self._list_by_name = list_by_name
        self._cursors = cursors

    async def __call__(self, request: S3Request) -> ASGIApp:
        if request.query.get("list-type") != "2":
            raise S3Error("InvalidArgument", "The list-type is 2.", {"ArgumentName": "list-type"})
        parameters = read_parameters(request)
        start_after, token = request.query.get("start-after") or "", request.query.get("continuation-token")
        # An empty token begins at the beginning.
        after = self._position(request, parameters, token) if token else start_after
        page = await self._list_by_name(request.caller, parameters.query(after))
        more = [text("KeyCount", len(page.entries))]
        if start_after:
            more.append(parameters.name("StartAfter", start_after))
        if token is not None:
            more.append(text("ContinuationToken", token))
        if page.is_truncated:
            next_ = self._cursors.give(request.caller, encode_position([*_listing(parameters), page.entries[-1].name]))
            more.append(text("NextContinuationToken", next_ or ""))
        has_owner = (request.query.get("fetch-owner") or "").lower() == "true"
        return _response(parameters, page, more, has_owner=has_owner)

    def _position(self, request: S3Request, parameters: Parameters, token: str) -> str:
        """Return the name that a token stands for: one that the caller got for the same listing."""
        try:
            position = decode_position(self._cursors.take(request.caller, token) or "", tuple[str, str, str, str])
        except InvalidCursorError:
            position = ("", "", "", "")
        if position[:3] != _listing(parameters):
            raise S3Error(
                "InvalidArgument",
                "The continuation token provided is incorrect",
                {"ArgumentName": "continuation-token"},
            )
        return position[3]


def _listing(parameters: Parameters) -> tuple[str, str, str]:
    return parameters.bucket, parameters.prefix, parameters.delimiter


def _response(parameters: Parameters, page: NamePage, more: list[Xml], *, has_owner: bool) -> ASGIApp:
    files = [
        element("Contents", parameters.name("Key", each.name), file_elements(each.file, has_owner=has_owner))
        for each in page.entries
        if each.file is not None
    ]
    return xml_response(
        document(
            "ListBucketResult",
            *parameters.given(*more),
            text("IsTruncated", page.is_truncated),
            *files,
            *parameters.common_prefixes(page.entries),
        )
    )
