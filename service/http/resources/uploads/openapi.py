"""Resumable uploads."""

from http import HTTPStatus

from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError, InterruptedBodyError, PartialBusyError
from domain.buckets.errors import (
    FileTooLargeError,
    InvalidBucketError,
    NoSuchBucketError,
    QuotaExceededError,
    TypeNotAllowedError,
)
from domain.errors import (
    BodyTimeoutError,
    LeaseLostError,
    OutcomeUnknownError,
    OverloadedError,
    PreconditionFailedError,
)
from domain.files.errors import InvalidMetadataError, InvalidNameError, InvalidTagsError
from domain.uploads.errors import (
    ChecksumMismatchError,
    FinalUploadError,
    InvalidChecksumError,
    InvalidUploadError,
    InvalidUploadMetadataError,
    NoSuchUploadError,
    OffsetMismatchError,
    UploadExpiredError,
    UploadLockedError,
    UploadTooLongError,
)
from domain.values.errors import InvalidContentTypeError, InvalidCursorError
from service.http.openapi import examples, schemas
from service.http.openapi.headers import ON_CHANGES, ON_REPEATS
from service.http.openapi.operation import Answer, Content, Meaning, Operation, json_of
from service.http.resources.uploads.protocol import OFFSET_OCTET_STREAM, UnsupportedTusVersionError

TAG = "Uploads"

_BYTES = Content(
    media_types=(OFFSET_OCTET_STREAM,),
    schema={"contentMediaType": "application/octet-stream"},
    examples={"example": "fLaC…"},
    is_optional=True,
)
_FOUND = (UnsupportedTusVersionError, NoSuchUploadError, UploadExpiredError, UploadLockedError)
_ADMISSION = (NoSuchBucketError, FileTooLargeError, QuotaExceededError, TypeNotAllowedError)
_FINISH = (
    *_ADMISSION,
    PreconditionFailedError,
    BlobStoreUnavailableError,
    BlobMissingError,
    LeaseLostError,
    OutcomeUnknownError,
)
_ADD = (
    InvalidUploadError,
    InvalidChecksumError,
    InterruptedBodyError,
    BodyTimeoutError,
    UploadTooLongError,
    ChecksumMismatchError,
    PartialBusyError,
    OverloadedError,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)
_PROGRESS = ("Tus-Resumable", "Upload-Offset", "Upload-Expires", "Fileport-File-Id")

OPERATIONS = {
    "listUploads": Operation(
        tag=TAG,
        description=(
            "`received` counts the bytes that are durable. Finished uploads are files, and listed there. It needs no "
            "`Tus-Resumable`."
        ),
        answers={HTTPStatus.OK: Answer(description="A page of uploads.", content=json_of(examples.UPLOAD_PAGE))},
        refusals=(InvalidBucketError, InvalidCursorError),
        query={
            "bucket": Meaning("Only uploads to this bucket.", examples.BUCKET.name, schemas.BUCKET_NAME),
            "limit": Meaning("How many at most.", 2),
            "cursor": Meaning("The `next` of the page before.", examples.UPLOAD_PAGE.next),
        },
        sample=("bucket",),
    ),
    "beginUpload": Operation(
        tag=TAG,
        description=(
            "The file is what `Upload-Metadata` says: `filename` is its name, else the upload's id; `filetype` its "
            "content type, else the name's extension decides; `bucket`, else `default`; `metadata`, a JSON object; "
            "`tags`, a JSON array, or with commas between. Other keys are kept in the file's metadata, as texts. With "
            "a body, declared as `application/offset+octet-stream`, the first bytes come along. The conditions are "
            "those of the file, checked now and once more when it is stored; on a partial upload they mean nothing. A "
            "repeat with the same key gets the same upload, as it is by now, and its bytes are not read."
        ),
        request_headers=(
            *ON_CHANGES,
            *ON_REPEATS,
            "TusResumable",
            "UploadLength",
            "UploadDeferLength",
            "UploadMetadata",
            "UploadConcat",
            "UploadChecksum",
        ),
        body=_BYTES,
        answers={
            HTTPStatus.CREATED: Answer(
                description="The upload. Where it is all there already, it is a file.", headers=("Location", *_PROGRESS)
            )
        },
        refusals=(
            UnsupportedTusVersionError,
            InvalidUploadMetadataError,
            InvalidNameError,
            InvalidBucketError,
            InvalidContentTypeError,
            InvalidMetadataError,
            InvalidTagsError,
            NoSuchUploadError,
            UploadExpiredError,
            UploadLockedError,
            *_ADD,
            *_FINISH,
        ),
        sample=("TusResumable", "UploadLength", "UploadMetadata"),
    ),
    "findUpload": Operation(
        tag=TAG,
        description=(
            "The full offset is told once the file is committed, and its id with it. A request that adds to the upload "
            "and moves nothing gives way; one that moves goes on, and what is durable is told."
        ),
        request_headers=("TusResumable",),
        answers={
            HTTPStatus.OK: Answer(
                description="The upload.",
                headers=(*_PROGRESS, "Upload-Length", "Upload-Defer-Length", "Upload-Metadata", "Upload-Concat"),
            )
        },
        refusals=(*_FOUND, PartialBusyError, *_FINISH),
        sample=("TusResumable",),
    ),
    "appendToUpload": Operation(
        tag=TAG,
        description=(
            "What comes before a disconnect is kept. With `Upload-Checksum`, all of the body is added or nothing. "
            "`Upload-Length` is for an upload that was begun without one."
        ),
        request_headers=("TusResumable", "UploadOffset", "UploadLength", "UploadChecksum"),
        body=_BYTES,
        answers={HTTPStatus.NO_CONTENT: Answer(description="The bytes are durable.", headers=_PROGRESS)},
        refusals=(*_FOUND, OffsetMismatchError, FinalUploadError, *_ADD, *_FINISH),
        sample=("TusResumable", "UploadOffset"),
    ),
    "endUpload": Operation(
        tag=TAG,
        description="Its bytes are removed some time later.",
        request_headers=("TusResumable",),
        answers={HTTPStatus.NO_CONTENT: Answer(description="The upload is gone.", headers=("Tus-Resumable",))},
        refusals=(*_FOUND, LeaseLostError, OutcomeUnknownError),
        sample=("TusResumable",),
    ),
}
