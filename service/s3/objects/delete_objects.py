"""DeleteObjects (API Reference)."""

from litestar.types import ASGIApp

from domain.access.callers import denied
from domain.batches.apply_batch import ApplyBatch
from domain.batches.model import Delete, Outcome
from domain.buckets.find_bucket import FindBucket
from domain.errors import FileportError
from domain.files.errors import NoSuchFileError
from domain.files.model import Location
from domain.values.preconditions import NO_PRECONDITION, Precondition
from service.s3.documents import ReadDocument
from service.s3.errors import S3Error, error_of
from service.s3.headers.checksums import is_declared
from service.s3.names import location_of
from service.s3.request import S3Request
from service.s3.responses import xml_response
from service.s3.xml import Node, Xml, document, element, text

MAX_OBJECTS = 1000
# A thousand keys of 1,024 characters that are references, and room for versions.
_MAX_XML_BYTES = 8 * 1024 * 1024


class DeleteObjects:
    """Delete up to a thousand objects, each as if it came alone."""

    def __init__(self, apply: ApplyBatch, find_bucket: FindBucket, read_document: ReadDocument) -> None:
        self._apply = apply
        self._find_bucket = find_bucket
        self._read_document = read_document

    async def __call__(self, request: S3Request) -> ASGIApp:
        if not is_declared(request):
            raise S3Error("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
        await self._find_bucket(request.caller, request.bucket)
        asked = await self._read_document(request, "Delete", limit=_MAX_XML_BYTES)
        objects = list(asked.all("Object"))
        if not 1 <= len(objects) <= MAX_OBJECTS:
            raise S3Error("MalformedXML", f"There are 1 to {MAX_OBJECTS} objects to delete.")
        is_quiet = (asked.get("Quiet") or "").strip().lower() == "true"
        results = await self._delete(request, objects)
        done = [_result(node, outcome) for node, outcome in zip(objects, results, strict=True)]
        return xml_response(document("DeleteResult", *(xml for xml, is_error in done if is_error or not is_quiet)))

    async def _delete(self, request: S3Request, objects: list[Node]) -> list[Exception | None]:
        results: dict[int, Exception | None] = {}
        operations: dict[int, Delete] = {}
        for index, node in enumerate(objects):
            try:
                operations[index] = _operation(request, node)
            except (S3Error, FileportError) as error:
                results[index] = error
        outcomes = await self._apply(request.caller, list(operations.values()))
        results |= {index: _error(outcome) for index, outcome in zip(operations, outcomes, strict=True)}
        return [results[index] for index in range(len(objects))]


def _operation(request: S3Request, node: Node) -> Delete:
    key = node.get("Key")
    if not key:
        raise S3Error("MalformedXML", "An object to delete has a Key.")
    if node.get("VersionId") not in {None, "", "null"}:
        raise S3Error("NoSuchVersion", "The specified version does not exist.")
    at: Location = location_of(request.bucket, key)
    if not request.caller.permissions.allow("delete", at.bucket, at.name):
        raise denied("delete", at.bucket, at.name)
    tag = node.get("ETag")
    condition = NO_PRECONDITION
    if tag:
        condition = Precondition(if_match=() if tag == "*" else (f'"{tag.strip(chr(34))}"',), of_content=True)
    return Delete(address=at, precondition=condition)


def _error(outcome: Outcome) -> Exception | None:
    # What is not there is deleted.
    return outcome if isinstance(outcome, FileportError) and not isinstance(outcome, NoSuchFileError) else None


def _result(node: Node, error: Exception | None) -> tuple[Xml, bool]:
    """Return the element of an object's outcome, and whether it is an error."""
    version = node.get("VersionId")
    named = [text("Key", node.get("Key") or "")] + ([text("VersionId", version)] if version else [])
    if error is None:
        return element("Deleted", *named), False
    refusal = error if isinstance(error, S3Error) else error_of(_as_domain(error))
    return element("Error", *named, text("Code", refusal.code), text("Message", refusal.message)), True


def _as_domain(error: Exception) -> FileportError:
    if not isinstance(error, FileportError):
        raise error
    return error
