"""The document's descriptions of direct uploads."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec.structs import replace

from domain.blobs.direct_access import SignedRequest
from domain.direct_uploads.complete_direct_upload import CompleteDirectUpload
from domain.direct_uploads.model import DirectUpload, Failure
from domain.direct_uploads.sign_parts import SignedPart
from domain.files.model import NewFile
from domain.values.cursors import encode_position
from domain.values.digests import Digest
from domain.values.errors import DigestMismatchError, InvalidCursorError
from service.http.bodies.file_examples import CREATED, NEW_FILE, ORIGINAL, REPLACED
from service.http.openapi.headers import ETAG, IDEMPOTENCY_KEY, LOCATION, ON_CHANGES, RETRY_AFTER
from service.http.openapi.operation import Operation, Response, json_of
from service.http.resources.direct_uploads import bodies

_REQUEST = bodies.DirectUploadRequest(
    bucket=ORIGINAL.bucket,
    name=ORIGINAL.name,
    size=ORIGINAL.size,
    sha256=ORIGINAL.sha256,
    metadata=ORIGINAL.metadata,
    tags=ORIGINAL.tags,
    part_size=16_777_216,
)
_upload = DirectUpload(
    id=UUID("019a6b1c-02f4-7e6a-b1d8-54c09be7a3f1"),
    file=NewFile(
        bucket=ORIGINAL.bucket,
        name=ORIGINAL.name,
        content_type=ORIGINAL.content_type,
        metadata=ORIGINAL.metadata,
        tags=ORIGINAL.tags,
        digests=(Digest("sha-256", bytes.fromhex(ORIGINAL.sha256)),),
    ),
    size=ORIGINAL.size,
    part_size=16_777_216,
    key="",
    multipart_id="",
    state="open",
    file_id=None,
    failure=None,
    created_at=CREATED,
    expires_at=datetime(2026, 11, 4, 9, 26, 12, 480_211, tzinfo=UTC),
)
_parts = [
    SignedPart(
        number=number,
        size=_upload.size_of_part(number),
        request=SignedRequest(
            method="PUT",
            url=f"https://fileport.s3.eu-central-1.amazonaws.com/27/019a…27?partNumber={number}&X-Amz-Expires=900&…",
            headers={"Content-Length": str(_upload.size_of_part(number))},
        ),
    )
    for number in (1, 2)
]
_failure = Failure(code=DigestMismatchError.code, detail="The sha-256 of the body is not the one that was declared.")
UPLOAD = bodies.direct_upload_body(_upload)
_COMPLETING = bodies.direct_upload_body(replace(_upload, state="completing"))
_FAILED = bodies.direct_upload_body(replace(_upload, state="failed", failure=_failure))
PAGE = bodies.DirectUploadPage(items=[UPLOAD], limit=1, next=encode_position(UPLOAD.id))

POST_DIRECT_UPLOAD = Operation(
    headers=(*ON_CHANGES, IDEMPOTENCY_KEY),
    body=json_of(_REQUEST),
    responses=(Response(201, "The upload is open.", bodies.opened_upload_body(_upload, _parts), (LOCATION,)),),
)
LIST_DIRECT_UPLOADS = Operation(responses=(Response(200, "A page of uploads.", PAGE),), problems=(InvalidCursorError,))
GET_DIRECT_UPLOAD = Operation(responses=(Response(200, "The upload.", json_of(UPLOAD, failed=_FAILED)),))
GET_DIRECT_UPLOAD_PARTS = Operation(responses=(Response(200, "Some parts.", bodies.part_page(_upload, _parts)),))
COMPLETE_DIRECT_UPLOAD = Operation(
    responses=(
        Response(200, "The file of that name has the bytes.", REPLACED, (ETAG,)),
        NEW_FILE,
        Response(202, "It takes a while.", _COMPLETING, (RETRY_AFTER,)),
    ),
    problems=CompleteDirectUpload.errors,
)
DELETE_DIRECT_UPLOAD = Operation(responses=(Response(204, "The upload has ended."),))
