"""Archives of files' bytes."""

from http import HTTPStatus

from domain.archives.errors import ArchiveTooLargeError
from domain.archives.model import MAX_ARCHIVE_FILES
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.buckets.errors import InvalidBucketError
from domain.errors import OverloadedError
from domain.files.errors import InvalidNameError, NoSuchFileError
from domain.files.search.errors import InvalidFilterError
from service.http.openapi import examples, patterns
from service.http.openapi.operation import UNCHANGED, Answer, Content, Meaning, Operation, json_of
from service.http.resources.archives.zip.body import MEDIA_TYPE

TAG = "Content"

_ZIP = Answer(
    description="The archive.",
    headers=(
        "Content-Length",
        "Content-Disposition",
        "Accept-Ranges",
        "X-Content-Type-Options",
        "Content-Security-Policy",
        "Cross-Origin-Resource-Policy",
    ),
    content=Content(
        media_types=(MEDIA_TYPE,), schema={"contentMediaType": MEDIA_TYPE}, examples={"example": "PK\u0003\u0004…"}
    ),
)
_REFUSALS = (NoSuchFileError, BlobMissingError, OverloadedError, BlobStoreUnavailableError)
_ABOUT = (
    "The files are as they all were at one moment, stored and not compressed, under their names; what an extractor "
    "could not take safely, or at all, is renamed. If the bytes end before `Content-Length`, they are not whole: ask "
    "again."
)

OPERATIONS = {
    "getArchive": Operation(
        tag=TAG,
        description=(
            f"{_ABOUT} They stand in the order of their names, at most {MAX_ARCHIVE_FILES} of them. A parameter that "
            "is not named here is refused."
        ),
        request_headers=("IfMatch", "IfNoneMatch"),
        answers={
            HTTPStatus.OK: Answer(description=_ZIP.description, headers=("ETag", *_ZIP.headers), content=_ZIP.content),
            HTTPStatus.NOT_MODIFIED: UNCHANGED,
        },
        refusals=(InvalidFilterError, InvalidBucketError, ArchiveTooLargeError, *_REFUSALS),
        query={
            "bucket": Meaning("Files in this bucket.", examples.FILE.bucket, {"pattern": patterns.BUCKET_NAME}),
            "prefix": Meaning(
                "Files whose names begin so; without it, all of the bucket.", "queen/", {"pattern": patterns.STORABLE}
            ),
        },
        sample=("bucket", "prefix"),
    ),
    "postArchive": Operation(
        tag=TAG,
        description=(
            f"{_ABOUT} They stand in the order of their ids; an id that stands twice counts once. Files of several "
            "buckets stand under their buckets' names."
        ),
        body=json_of(examples.ARCHIVE_REQUEST),
        answers={HTTPStatus.OK: _ZIP},
        refusals=(InvalidNameError, *_REFUSALS),
    ),
}
