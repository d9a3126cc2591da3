"""Files' records."""

from http import HTTPStatus

from domain.buckets.errors import (
    FileTooLargeError,
    InvalidBucketError,
    NoSuchBucketError,
    QuotaExceededError,
    TypeNotAllowedError,
)
from domain.errors import OutcomeUnknownError
from domain.files.errors import (
    InvalidExpiryError,
    InvalidMetadataError,
    InvalidNameError,
    InvalidTagsError,
    NameTakenError,
    NoSuchFileError,
)
from domain.files.search.errors import InvalidFilterError, InvalidSortError
from domain.values.errors import InvalidContentTypeError, InvalidCursorError, InvalidTimeError
from service.http.json_bodies import MERGE_PATCH
from service.http.openapi import examples
from service.http.openapi.headers import ON_CHANGES, ON_READS, ON_REPEATS
from service.http.openapi.operation import JSON, UNCHANGED, Answer, Operation, json_of
from service.http.resources.files.openapi_listing import LISTING

TAG = "Files"

# What a bucket may have against a file that comes into it.
_ADMISSION = (NoSuchBucketError, FileTooLargeError, QuotaExceededError, TypeNotAllowedError)

OPERATIONS = {
    "listFiles": Operation(
        tag=TAG,
        description=(
            "Filters add up: a file is listed if it passes all of them. Expired files are never listed. A parameter "
            "that is not named here is refused. To read page after page, pass `next` as `cursor` with all else "
            "unchanged: no file is listed twice or left out because others come and go."
        ),
        answers={HTTPStatus.OK: Answer(description="A page of files.", content=json_of(examples.PAGE))},
        refusals=(
            InvalidFilterError,
            InvalidSortError,
            InvalidCursorError,
            InvalidContentTypeError,
            InvalidMetadataError,
        ),
        query=LISTING,
        sample=("bucket", "where", "sort"),
    ),
    "getFile": Operation(
        tag=TAG,
        request_headers=ON_READS,
        answers={
            HTTPStatus.OK: Answer(
                description="The file.",
                headers=("ETag", "Last-Modified"),
                content=json_of(examples.FILE),
            ),
            HTTPStatus.NOT_MODIFIED: UNCHANGED,
        },
        refusals=(NoSuchFileError,),
    ),
    "patchFile": Operation(
        tag=TAG,
        description=(
            "RFC 7396: a field that is left out stays; within `metadata`, null removes a member; null for the whole "
            "of `metadata` or `tags` empties it. A new bucket must admit the file. The bytes are not touched."
        ),
        request_headers=ON_CHANGES,
        body=json_of(examples.RATE, move=examples.MOVE, media_types=(MERGE_PATCH, JSON)),
        answers={
            HTTPStatus.OK: Answer(
                description="The file as it is now.", headers=("ETag",), content=json_of(examples.PATCHED)
            )
        },
        refusals=(
            InvalidNameError,
            InvalidBucketError,
            InvalidContentTypeError,
            InvalidMetadataError,
            InvalidTagsError,
            InvalidTimeError,
            InvalidExpiryError,
            NoSuchFileError,
            NameTakenError,
            *_ADMISSION,
            OutcomeUnknownError,
        ),
    ),
    "deleteFile": Operation(
        tag=TAG,
        description="It cannot be read from here on. Its bytes are removed some time later, unless a copy has them.",
        request_headers=ON_CHANGES,
        answers={HTTPStatus.NO_CONTENT: Answer(description="The file is gone.")},
        refusals=(NoSuchFileError, OutcomeUnknownError),
    ),
    "copyFile": Operation(
        tag=TAG,
        description=(
            "The copy has the content type, metadata and tags of the original, and an id and revisions of its own. "
            "Name another name, another bucket, or both."
        ),
        request_headers=(*ON_CHANGES, *ON_REPEATS),
        body=json_of(examples.DESTINATION),
        answers={
            HTTPStatus.CREATED: Answer(
                description="The copy.", headers=("ETag", "Location"), content=json_of(examples.COPY)
            )
        },
        refusals=(
            InvalidNameError,
            InvalidBucketError,
            NoSuchFileError,
            NameTakenError,
            *_ADMISSION,
            OutcomeUnknownError,
        ),
    ),
}
