"""Uploads past the service."""

from http import HTTPStatus

from domain.blobs.errors import BlobStoreUnavailableError, DirectAccessUnsupportedError
from domain.buckets.errors import (
    FileTooLargeError,
    InvalidBucketError,
    NoSuchBucketError,
    QuotaExceededError,
    TypeNotAllowedError,
)
from domain.direct_uploads.errors import (
    DirectUploadCompletedError,
    DirectUploadConditionError,
    DirectUploadEndedError,
    IncompleteUploadError,
    InvalidPartSizeError,
    NoSuchDirectUploadError,
)
from domain.errors import LeaseLostError, OutcomeUnknownError
from domain.files.errors import InvalidMetadataError, InvalidNameError, InvalidTagsError, NoSuchFileError
from domain.values.errors import DigestMismatchError, InvalidContentTypeError, InvalidCursorError
from service.http.openapi import examples
from service.http.openapi.headers import ON_CHANGES, ON_REPEATS
from service.http.openapi.operation import Answer, Meaning, Operation, json_of

TAG = "Direct uploads"

_ADMISSION = (NoSuchBucketError, FileTooLargeError, QuotaExceededError, TypeNotAllowedError)
_KNOWN = (DirectAccessUnsupportedError, NoSuchDirectUploadError, DirectUploadEndedError)

OPERATIONS = {
    "postDirectUpload": Operation(
        tag=TAG,
        description=(
            "Send the body of each part with the request that the answer has for it, as often as needed and in any "
            "order, then complete the upload. A file of up to `part_size` bytes is one part. Without a `part_size`, "
            "parts have 64 MiB, or more where 10,000 of them would not do. URLs end after a while; new ones are under "
            "`/parts`. They need no key and admit no `Authorization`. The conditions and the bucket's policy are "
            "checked now and once more when the file is stored. A repeat with the same key gets the same upload, as it "
            "was when it was opened, with new URLs; it is refused, as `/parts` is, once that has ended."
        ),
        request_headers=(*ON_CHANGES, *ON_REPEATS),
        body=json_of(examples.DIRECT_UPLOAD_REQUEST),
        answers={
            HTTPStatus.CREATED: Answer(
                description="The upload is open.", headers=("Location",), content=json_of(examples.OPENED_UPLOAD)
            )
        },
        refusals=(
            InvalidNameError,
            InvalidBucketError,
            InvalidContentTypeError,
            InvalidMetadataError,
            InvalidTagsError,
            InvalidPartSizeError,
            DirectAccessUnsupportedError,
            *_ADMISSION,
            NoSuchDirectUploadError,
            DirectUploadEndedError,
            DirectUploadCompletedError,
            BlobStoreUnavailableError,
            LeaseLostError,
            OutcomeUnknownError,
        ),
    ),
    "listDirectUploads": Operation(
        tag=TAG,
        description="The oldest first.",
        answers={HTTPStatus.OK: Answer(description="A page of uploads.", content=json_of(examples.DIRECT_UPLOAD_PAGE))},
        refusals=(DirectAccessUnsupportedError, InvalidCursorError),
        query={
            "limit": Meaning("At most so many uploads.", 100),
            "cursor": Meaning("The page after another: that one's `next`.", examples.DIRECT_UPLOAD_PAGE.next),
        },
    ),
    "getDirectUpload": Operation(
        tag=TAG,
        description=(
            "`completing` while its bytes are taken in; then `completed` with its `file_id`, or `open` again with the "
            "`failure` of the try, or `failed` where the bytes are not those that were declared."
        ),
        answers={
            HTTPStatus.OK: Answer(
                description="The upload.", content=json_of(examples.DIRECT_UPLOAD, failed=examples.FAILED)
            )
        },
        refusals=_KNOWN,
    ),
    "getDirectUploadParts": Operation(
        tag=TAG,
        answers={HTTPStatus.OK: Answer(description="Some parts.", content=json_of(examples.PARTS))},
        refusals=(*_KNOWN, DirectUploadCompletedError, BlobStoreUnavailableError),
        query={
            "first": Meaning("The number of the first part.", 1),
            "limit": Meaning("At most so many parts.", 100),
        },
    ),
    "completeDirectUpload": Operation(
        tag=TAG,
        description=(
            "The bytes are copied, inside the blob store, to where nobody else can write, and the copy is verified: "
            "its size, and its SHA-256 if that was declared. Of a large file this takes longer than anybody should "
            "wait: then the answer is 202. Ask `GET` what became of it, or complete it again, which is always safe: an "
            "upload becomes one file, whatever is asked and however often."
        ),
        answers={
            HTTPStatus.OK: Answer(
                description="The file of that name has the bytes.",
                headers=("ETag",),
                content=json_of(examples.REPLACED),
            ),
            HTTPStatus.CREATED: Answer(
                description="The file is new.", headers=("ETag", "Location"), content=json_of(examples.FILE)
            ),
            HTTPStatus.ACCEPTED: Answer(
                description="It takes a while.",
                headers=("Retry-After",),
                content=json_of(examples.COMPLETING),
            ),
        },
        refusals=(
            *_KNOWN,
            IncompleteUploadError,
            DigestMismatchError,
            NoSuchFileError,
            DirectUploadConditionError,
            *_ADMISSION,
            BlobStoreUnavailableError,
            LeaseLostError,
            OutcomeUnknownError,
        ),
    ),
    "deleteDirectUpload": Operation(
        tag=TAG,
        description="What was sent to the blob store is removed.",
        answers={HTTPStatus.NO_CONTENT: Answer(description="The upload has ended.")},
        refusals=(*_KNOWN, DirectUploadCompletedError, OutcomeUnknownError),
    ),
}
