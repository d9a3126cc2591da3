"""The document's descriptions of resumable uploads."""

from datetime import UTC, datetime
from uuid import UUID

from domain.errors import OverloadedError
from domain.uploads.errors import InvalidUploadMetadataError
from domain.values.cursors import encode_position
from domain.values.errors import InvalidCursorError
from service.http.bodies.file_examples import CREATED, FILE
from service.http.openapi.headers import IDEMPOTENCY_KEY, LOCATION, ON_CHANGES
from service.http.openapi.operation import BYTES, Content, Operation, Response
from service.http.tus import openapi_headers as tus
from service.http.tus.bodies import UploadBody, UploadPage
from service.http.tus.protocol import OFFSET_OCTET_STREAM, UnsupportedTusVersionError

UPLOAD = UploadBody(
    id=UUID("019a6b1d-0f3a-7a52-b7c1-5e2f9d3a4b60"),
    kind="whole",
    bucket=FILE.bucket,
    name=FILE.name,
    content_type=FILE.content_type,
    metadata={"artist": "Queen"},
    tags=None,
    length=FILE.size,
    received=8_388_608,
    created_at=CREATED,
    expires_at=datetime(2026, 11, 4, 9, 33, 2, 17_604, tzinfo=UTC),
)
PAGE = UploadPage(items=[UPLOAD], limit=2, next=encode_position(UPLOAD.id))
_BYTES = Content(media_types=(OFFSET_OCTET_STREAM,), schema=BYTES, examples={"example": "fLaC…"}, is_optional=True)

LIST_UPLOADS = Operation(
    sample=("bucket",),
    responses=(Response(200, "A page of uploads.", PAGE),),
    problems=(InvalidCursorError,),
)
BEGIN_UPLOAD = Operation(
    headers=(*ON_CHANGES, IDEMPOTENCY_KEY, *tus.CREATION),
    sample=("Upload-Length", "Upload-Metadata"),
    body=_BYTES,
    responses=(
        Response(201, "The upload. Where it is all there already, it is a file.", headers=(LOCATION, *tus.PROGRESS)),
    ),
    problems=(
        UnsupportedTusVersionError,
        InvalidUploadMetadataError,
        OverloadedError,
    ),
)
FIND_UPLOAD = Operation(
    headers=(tus.SPOKEN_VERSION,),
    responses=(
        Response(200, "The upload.", headers=(*tus.PROGRESS, tus.LENGTH, tus.DEFER_LENGTH, tus.METADATA, tus.CONCAT)),
    ),
    problems=(UnsupportedTusVersionError,),
)
APPEND_TO_UPLOAD = Operation(
    headers=(tus.SPOKEN_VERSION, tus.SENT_OFFSET, tus.WHOLE_LENGTH, tus.CHECKSUM),
    body=_BYTES,
    responses=(Response(204, "The bytes are durable.", headers=tus.PROGRESS),),
    problems=(UnsupportedTusVersionError, OverloadedError),
)
END_UPLOAD = Operation(
    headers=(tus.SPOKEN_VERSION,),
    responses=(Response(204, "The upload is gone.", headers=(tus.TUS_RESUMABLE,)),),
    problems=(UnsupportedTusVersionError,),
)
