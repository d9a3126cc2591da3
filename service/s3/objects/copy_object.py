"""CopyObject."""

from litestar.types import ASGIApp

from domain.files.attributes import Sums
from domain.files.copy_over import CopyOver
from domain.files.model import File, Location
from domain.files.new_copy import NewCopy
from domain.values.media_types import content_type_of
from domain.values.preconditions import last_modified
from service.s3.errors import S3Error
from service.s3.headers.checksums import named_algorithm
from service.s3.headers.conditions import conditions_of, write_conditions
from service.s3.headers.copy_source import parse_copy_source
from service.s3.headers.descriptions import content_headers_of, user_metadata_of
from service.s3.headers.labels import labels_in_header
from service.s3.headers.unsupported import refuse_unsupported
from service.s3.names import location_of
from service.s3.objects.missing import ExplainMissing
from service.s3.request import S3Request
from service.s3.responses import xml_response
from service.s3.xml import Xml, document, text


class CopyObject:
    """Copy an object without copying its bytes. The copy has the checksum of its original."""

    def __init__(self, copy: CopyOver, explain_missing: ExplainMissing) -> None:
        self._copy = copy
        self._explain_missing = explain_missing

    async def __call__(self, request: S3Request) -> ASGIApp:
        refuse_unsupported(request)
        source = parse_copy_source(request.field("x-amz-copy-source"))
        new = _described(request, source)
        async with self._explain_missing(request.caller, source):
            stored = await self._copy(request.caller, new)
        return xml_response(document("CopyObjectResult", *copy_result(stored.file)))


def copy_result(file: File) -> list[Xml]:
    """Return the elements that describe a copy."""
    sums = file.attributes.sums if file.attributes else None
    return [
        text("LastModified", last_modified(file)),
        text("ETag", file.content_etag),
        *(() if sums is None else checksum_elements(sums)),
    ]


def checksum_elements(sums: Sums) -> list[Xml]:
    """Return the elements of a checksum, none where there is none."""
    checksum = sums.checksum
    if checksum is None:
        return []
    return [text(f"Checksum{checksum.algorithm}", checksum.value), text("ChecksumType", checksum.kind)]


def _described(request: S3Request, source: Location) -> NewCopy:
    to = location_of(request.bucket, request.key)
    replaces_metadata = _replaces(request, "x-amz-metadata-directive")
    if source == to and not replaces_metadata:
        raise S3Error(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes.",
        )
    if named_algorithm(request.field("x-amz-checksum-algorithm")):
        raise S3Error("NotImplemented", "A copy has the checksum of its original: its bytes are not read.")
    given_type = request.headers.get("content-type")
    return NewCopy(
        source=source,
        to=to,
        content_type=content_type_of(to.name, given_type) if replaces_metadata else None,
        metadata=user_metadata_of(request) if replaces_metadata else None,
        headers=content_headers_of(request) if replaces_metadata else None,
        labels=labels_in_header(request.field("x-amz-tagging"))
        if _replaces(request, "x-amz-tagging-directive")
        else None,
        source_precondition=conditions_of(request.field, "x-amz-copy-source-"),
        precondition=write_conditions(request.field),
    )


def _replaces(request: S3Request, name: str) -> bool:
    directive = request.field(name) or "COPY"
    if directive not in {"COPY", "REPLACE"}:
        raise S3Error("InvalidArgument", f"Unknown {name}.", {"ArgumentName": name, "ArgumentValue": directive})
    return directive == "REPLACE"
