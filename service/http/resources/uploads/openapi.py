"""The document's descriptions of resumable uploads."""

from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

from domain.buckets.errors import InvalidBucketError
from domain.errors import OverloadedError
from domain.uploads.append_to_upload import AppendToUpload
from domain.uploads.begin_upload import BeginUpload
from domain.uploads.end_upload import EndUpload
from domain.uploads.errors import InvalidUploadMetadataError
from domain.uploads.find_upload import FindUpload
from domain.values.cursors import encode_position
from domain.values.errors import InvalidCursorError
from service.http.file_examples import BUCKET, CREATED, FILE
from service.http.openapi.headers import IDEMPOTENCY_KEY, LOCATION, ON_CHANGES
from service.http.openapi.operation import BYTES, Answer, Content, Operation, Parameter, json_of
from service.http.resources.uploads import openapi_headers as tus
from service.http.resources.uploads.bodies import UploadBody, UploadPage
from service.http.resources.uploads.protocol import OFFSET_OCTET_STREAM, UnsupportedTusVersionError
from service.http.tags import UPLOADS

_UPLOAD = UploadBody(
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
_PAGE = UploadPage(items=[_UPLOAD], limit=2, next=encode_position(_UPLOAD.id))
_BY_ID = {"upload_id": Parameter("The upload's id.", str(_UPLOAD.id))}
_BYTES = Content(media_types=(OFFSET_OCTET_STREAM,), schema=BYTES, examples={"example": "fLaC…"}, is_optional=True)
_OTHER_VERSION = {412: (tus.TUS_VERSION,)}

LIST_UPLOADS = Operation(
    tag=UPLOADS,
    parameters={
        "bucket": Parameter("Only uploads to this bucket.", BUCKET.example, BUCKET.schema),
        "limit": Parameter("How many at most.", 2),
        "cursor": Parameter("The `next` of the page before.", _PAGE.next),
    },
    sample=("bucket",),
    answers=(Answer(200, "A page of uploads.", json_of(_PAGE)),),
    problems=(InvalidBucketError, InvalidCursorError),
)
BEGIN_UPLOAD = Operation(
    tag=UPLOADS,
    headers=(
        *ON_CHANGES,
        IDEMPOTENCY_KEY,
        tus.SPOKEN_VERSION,
        tus.WHOLE_LENGTH,
        tus.LATER_LENGTH,
        tus.NEW_METADATA,
        tus.NEW_CONCAT,
        tus.CHECKSUM,
    ),
    sample=("Tus-Resumable", "Upload-Length", "Upload-Metadata"),
    body=_BYTES,
    answers=(
        Answer(201, "The upload. Where it is all there already, it is a file.", headers=(LOCATION, *tus.PROGRESS)),
    ),
    problems=(
        UnsupportedTusVersionError,
        InvalidUploadMetadataError,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        OverloadedError,
        *BeginUpload.errors,
    ),
    problem_headers=_OTHER_VERSION,
)
FIND_UPLOAD = Operation(
    tag=UPLOADS,
    parameters=_BY_ID,
    headers=(tus.SPOKEN_VERSION,),
    sample=("Tus-Resumable",),
    answers=(
        Answer(
            200,
            "The upload.",
            headers=(*tus.PROGRESS, tus.LENGTH, tus.DEFER_LENGTH, tus.METADATA, tus.CONCAT),
        ),
    ),
    problems=(UnsupportedTusVersionError, *FindUpload.errors),
    problem_headers=_OTHER_VERSION,
)
APPEND_TO_UPLOAD = Operation(
    tag=UPLOADS,
    parameters=_BY_ID,
    headers=(tus.SPOKEN_VERSION, tus.SENT_OFFSET, tus.WHOLE_LENGTH, tus.CHECKSUM),
    sample=("Tus-Resumable", "Upload-Offset"),
    body=_BYTES,
    answers=(Answer(204, "The bytes are durable.", headers=tus.PROGRESS),),
    problems=(
        UnsupportedTusVersionError,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        OverloadedError,
        *AppendToUpload.errors,
    ),
    problem_headers=_OTHER_VERSION,
)
END_UPLOAD = Operation(
    tag=UPLOADS,
    parameters=_BY_ID,
    headers=(tus.SPOKEN_VERSION,),
    sample=("Tus-Resumable",),
    answers=(Answer(204, "The upload is gone.", headers=(tus.TUS_RESUMABLE,)),),
    problems=(UnsupportedTusVersionError, *EndUpload.errors),
    problem_headers=_OTHER_VERSION,
)
