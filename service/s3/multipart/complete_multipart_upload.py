"""CompleteMultipartUpload."""

import re

from litestar.types import ASGIApp, Receive, Scope, Send

from domain.errors import FileportError
from domain.files.access import require_store
from domain.files.model import File, Stored
from domain.multipart.manifest import Completion as Wanted
from domain.multipart.model import ChosenPart
from domain.values.checksums import LENGTHS
from service.runtime.completions import Completion
from service.runtime.multipart_completions import MultipartCompletions
from service.s3.errors import S3Error, error_of
from service.s3.headers.checksums import field_of
from service.s3.headers.conditions import write_conditions
from service.s3.multipart.addresses import upload_of
from service.s3.multipart.create_multipart_upload import checksum_kind
from service.s3.objects.copy_object import checksum_elements
from service.s3.request import S3Request
from service.s3.responses import XML_TYPE, error_element, xml_response
from service.s3.xml import DECLARATION, Node, Xml, root_element, text

# Of 10,000 parts, with a checksum each.
MAX_XML_BYTES = 4 * 1024**2
# How long a completion may take before its response begins, and between two signs of life in it, in seconds.
PATIENCE_SECONDS = 5.0
SPACE_SECONDS = 5.0

_ETAG = re.compile(r'"?([0-9a-f]{32})"?', re.ASCII | re.IGNORECASE)
_SIZE_FIELD = "x-amz-mp-object-size"


class CompleteMultipartUpload:
    """Make an object of the parts of an upload. A completion that takes long is answered with spaces meanwhile."""

    def __init__(self, completions: MultipartCompletions) -> None:
        self._completions = completions

    async def __call__(self, request: S3Request) -> ASGIApp:
        address = upload_of(request)
        require_store(request.caller, address.bucket, address.name)
        wanted = _wanted(request, await request.read_xml("CompleteMultipartUpload", limit=MAX_XML_BYTES))
        completion = self._completions.complete(request.caller, address, wanted, write_conditions(request.field))
        if await completion.wait(PATIENCE_SECONDS):
            return xml_response(DECLARATION + _result(request, completion.outcome()).encode())
        return _SlowCompletion(request, completion)


class _SlowCompletion:
    """The response of a completion that goes on: 200, whatever becomes of it (API Reference)."""

    def __init__(self, request: S3Request, completion: Completion[Stored]) -> None:
        self._request = request
        self._completion = completion

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's own
        headers = [(b"content-type", XML_TYPE.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": DECLARATION, "more_body": True})
        while not await self._completion.wait(SPACE_SECONDS):
            await send({"type": "http.response.body", "body": b" ", "more_body": True})
        try:
            body = _result(self._request, self._completion.outcome())
        except (FileportError, S3Error) as error:
            refusal = error if isinstance(error, S3Error) else error_of(error)
            resource = f"/{self._request.bucket}/{self._request.key}"
            body = error_element(self._request.scope, refusal, resource)
        await send({"type": "http.response.body", "body": body.encode(), "more_body": False})


def _result(request: S3Request, stored: Stored | None) -> Xml:
    if stored is None:  # the worker ends, and has cancelled it
        raise S3Error("ServiceUnavailable", "The completion was interrupted. Please try again.")
    file = stored.file
    location = f"{request.scope['scheme']}://{request.headers.get('host', '')}{request.scope['path']}"
    return root_element(
        "CompleteMultipartUploadResult",
        text("Location", location),
        text("Bucket", request.bucket),
        text("Key", request.key),
        text("ETag", file.content_etag),
        *_checksum(file),
    )


def _checksum(file: File) -> list[Xml]:
    sums = file.attributes.sums if file.attributes else None
    return [] if sums is None else checksum_elements(sums)


def _wanted(request: S3Request, document: Node) -> Wanted:
    given = {algorithm: value for algorithm in LENGTHS if (value := request.field(field_of(algorithm)))}
    if len(given) > 1:
        raise S3Error("InvalidRequest", "Expecting a single x-amz-checksum- header.")
    algorithm, checksum = next(iter(given.items()), (None, None))
    parts = [_part(node) for node in document.all("Part")]
    if not parts or len(parts) < len(document.children):
        raise S3Error("MalformedXML", "The document has one Part or more, and nothing else.")
    return Wanted(
        parts=tuple(parts),
        size=_size(request.field(_SIZE_FIELD)),
        checksum=checksum,
        algorithm=algorithm,
        kind=checksum_kind(request),
    )


def _part(node: Node) -> ChosenPart:
    number, etag = (node.get("PartNumber") or "").strip(), (node.get("ETag") or "").strip()
    if not number.isascii() or not number.isdigit() or len(number) > 9 or not etag:
        raise S3Error("MalformedXML", "A Part has a PartNumber and an ETag.")
    found = _ETAG.fullmatch(etag)
    # No part has the tag of none.
    return ChosenPart(number=int(number), md5=found[1].lower() if found else "", checksums=_checksums(node))


def _checksums(node: Node) -> tuple[tuple[str, str], ...]:
    return tuple((algorithm, value) for algorithm in LENGTHS if (value := node.get(f"Checksum{algorithm}")))


def _size(value: str) -> int | None:
    if not value:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise S3Error("InvalidRequest", f"Value for {_SIZE_FIELD} header is invalid.")
    return int(value)
