"""GetObjectTagging, PutObjectTagging and DeleteObjectTagging."""

from http import HTTPStatus

from litestar.types import ASGIApp

from domain.files.attributes import NO_ATTRIBUTES
from domain.files.content.read_file import ReadFile
from domain.files.label_file import LabelFile
from service.s3.documents import ReadDocument
from service.s3.headers.labels import labels_in_xml, tag_set
from service.s3.headers.unsupported import check_version
from service.s3.names import location_of
from service.s3.objects.missing import ExplainMissing
from service.s3.request import S3Request
from service.s3.responses import empty_response, xml_response
from service.s3.xml import document


class GetObjectTagging:
    """Return the tags of an object, to whoever may read it."""

    def __init__(self, read: ReadFile, explain_missing: ExplainMissing) -> None:
        self._read = read
        self._explain_missing = explain_missing

    async def __call__(self, request: S3Request) -> ASGIApp:
        check_version(request)
        at = location_of(request.bucket, request.key)
        async with self._explain_missing(request.caller, at):
            content = await self._read(request.caller, at, with_bytes=False)
        labels = (content.file.attributes or NO_ATTRIBUTES).labels
        return xml_response(document("Tagging", tag_set(labels)))


class PutObjectTagging:
    """Replace the tags of an object."""

    def __init__(self, label: LabelFile, read_document: ReadDocument, explain_missing: ExplainMissing) -> None:
        self._label = label
        self._read_document = read_document
        self._explain_missing = explain_missing

    async def __call__(self, request: S3Request) -> ASGIApp:
        check_version(request)
        at = location_of(request.bucket, request.key)
        async with self._explain_missing(request.caller, at):
            # The body is asked for only where the caller may label the object.
            await self._label.admit(request.caller, at)
            labels = labels_in_xml(await self._read_document(request, "Tagging"))
            await self._label(request.caller, at, labels)
        return empty_response()


class DeleteObjectTagging:
    """Remove the tags of an object."""

    def __init__(self, label: LabelFile, explain_missing: ExplainMissing) -> None:
        self._label = label
        self._explain_missing = explain_missing

    async def __call__(self, request: S3Request) -> ASGIApp:
        check_version(request)
        at = location_of(request.bucket, request.key)
        async with self._explain_missing(request.caller, at):
            await self._label(request.caller, at, {})
        return empty_response(HTTPStatus.NO_CONTENT)
