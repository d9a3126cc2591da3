"""Files' bytes."""

from http import HTTPStatus

from domain.blobs.errors import (
    BlobMissingError,
    BlobStoreUnavailableError,
    DirectAccessUnsupportedError,
    InterruptedBodyError,
)
from domain.buckets.errors import (
    FileTooLargeError,
    InvalidBucketError,
    NoSuchBucketError,
    QuotaExceededError,
    TypeNotAllowedError,
)
from domain.errors import LeaseLostError, OutcomeUnknownError, OverloadedError
from domain.files.errors import (
    InvalidMetadataError,
    InvalidNameError,
    InvalidTagsError,
    NoSuchFileError,
    NotTextError,
    TextTooLargeError,
)
from domain.files.names import MAX_NAME_BYTES
from domain.values.errors import InvalidContentTypeError, RangeNotSatisfiableError
from service.http.openapi import examples, schemas
from service.http.openapi.headers import ON_BYTES, ON_CHANGES, ON_READS, ON_REPEATS
from service.http.openapi.operation import UNCHANGED, Answer, Content, Meaning, Operation, json_of
from service.http.resources.content.forms import InvalidFormError

TAG = "Content"

_STORED = {
    HTTPStatus.OK: Answer(
        description="The file of that name has the new bytes.", headers=("ETag",), content=json_of(examples.REPLACED)
    ),
    HTTPStatus.CREATED: Answer(
        description="The file is new.", headers=("ETag", "Location"), content=json_of(examples.FILE)
    ),
}
_STORE_REFUSALS = (
    InvalidNameError,
    InvalidBucketError,
    InvalidContentTypeError,
    InterruptedBodyError,
    NoSuchBucketError,
    FileTooLargeError,
    QuotaExceededError,
    TypeNotAllowedError,
    OverloadedError,
    BlobStoreUnavailableError,
    LeaseLostError,
    OutcomeUnknownError,
)
_GUARDS = ("X-Content-Type-Options", "Content-Security-Policy", "Cross-Origin-Resource-Policy")
_TOLD = ("ETag", "Last-Modified", "Accept-Ranges")
_FILE_TOLD = (*_TOLD, "Content-Length", "Content-Disposition", "Repr-Digest", *_GUARDS)
_BYTES = {
    HTTPStatus.OK: Answer(
        description="The bytes, with the file's content type.",
        headers=(*_FILE_TOLD, "Content-Digest"),
        content=Content(
            media_types=("*/*",), schema={"contentMediaType": "application/octet-stream"}, examples={"example": "fLaC…"}
        ),
    ),
    HTTPStatus.PARTIAL_CONTENT: Answer(
        description=(
            "The part that was asked for, with the file's content type and `Content-Range`; several parts as "
            "`multipart/byteranges`, each with these two."
        ),
        headers=(*_FILE_TOLD, "Content-Range"),
        content=Content(
            media_types=("*/*", "multipart/byteranges"),
            schema={"contentMediaType": "application/octet-stream"},
            examples={"example": "fLaC…"},
        ),
    ),
    HTTPStatus.NOT_MODIFIED: UNCHANGED,
    HTTPStatus.TEMPORARY_REDIRECT: Answer(
        description="With `redirect`: where the bytes are, for a short time.", headers=("Location",)
    ),
}
_DOWNLOAD = {
    "download": Meaning(
        "Have a browser save the bytes, under this name, or under the file's own if it is empty.",
        "a night at the opera.flac",
        {"maxLength": MAX_NAME_BYTES},
    ),
    "redirect": Meaning(
        "Answer 307 to a URL of the blob store's own that serves the bytes, or a range of them, with the file's type "
        "and disposition. It needs no key, so whoever has it can read the bytes until it ends. Send it no "
        "`Authorization`. 409 where the bytes are kept on a disk.",
        True,
    ),
}
_READ_REFUSALS = (NoSuchFileError, BlobMissingError, OverloadedError, BlobStoreUnavailableError)
_BYTES_REFUSALS = (InvalidNameError, RangeNotSatisfiableError, DirectAccessUnsupportedError, *_READ_REFUSALS)
_ABOUT_BYTES = (
    "A browser shows what it cannot run: common images, audio and video, and plain text. The rest it is to save, HTML, "
    "SVG and XML always. If the bytes end before `Content-Length`, they are not whole: ask for the rest with `Range`."
)

OPERATIONS = {
    "putFile": Operation(
        tag=TAG,
        description=(
            "The body is the file, of any length, chunked or not: `curl -T`. It is acknowledged once it is durable. "
            "Without a `Content-Type`, the extension of the name decides. `If-None-Match: *` stores only a new file. "
            "To replace, `If-Match` guards against overwriting what somebody else has stored in the meantime."
        ),
        request_headers=(*ON_CHANGES, *ON_REPEATS),
        body=Content(
            media_types=("*/*",),
            schema={"contentMediaType": "application/octet-stream"},
            examples={"example": "fLaC…"},
            is_optional=True,
        ),
        answers=_STORED,
        refusals=(HTTPStatus.LENGTH_REQUIRED, *_STORE_REFUSALS),
    ),
    "postFile": Operation(
        tag=TAG,
        description=(
            "The part `file` is the last one, for it is stored as it arrives; the fields stand before it. The name is "
            "the field `name`, else the part's file name, one of which must be there; a part without a `Content-Type` "
            "gets the one that its name's extension stands for. The file of that name, if there is one, is replaced, "
            "and keeps the metadata and tags that the form leaves out."
        ),
        request_headers=(*ON_CHANGES, *ON_REPEATS),
        body=Content(
            media_types=("multipart/form-data",),
            schema=schemas.UPLOAD_FORM,
            encoding={"metadata": {"contentType": "application/json"}},
            examples={
                "example": {
                    "name": examples.FILE.name,
                    "metadata": examples.FILE.metadata,
                    "tags": list(examples.FILE.tags),
                    "file": "fLaC…",
                }
            },
        ),
        answers=_STORED,
        refusals=(InvalidFormError, InvalidMetadataError, InvalidTagsError, *_STORE_REFUSALS),
    ),
    "getContentByName": Operation(
        tag=TAG,
        description=_ABOUT_BYTES,
        request_headers=ON_BYTES,
        answers=_BYTES,
        refusals=(InvalidBucketError, *_BYTES_REFUSALS),
        query=_DOWNLOAD,
    ),
    "getContent": Operation(
        tag=TAG,
        description=_ABOUT_BYTES,
        request_headers=ON_BYTES,
        answers=_BYTES,
        refusals=_BYTES_REFUSALS,
        query=_DOWNLOAD,
    ),
    "getText": Operation(
        tag=TAG,
        description=(
            "Decoded by the `charset` of its content type, UTF-8 where that names none. Every byte is looked at "
            "before the answer begins, so that text that is cut short by a decoding error is never sent; and so only "
            "files of up to 64 MiB are decoded."
        ),
        answers={
            HTTPStatus.OK: Answer(
                description="The text.",
                headers=(*_TOLD, *_GUARDS),
                content=Content(
                    media_types=("text/plain; charset=utf-8",),
                    schema={"type": "string"},
                    examples={"example": "Is this the real life?\n"},
                ),
            ),
            HTTPStatus.NOT_MODIFIED: UNCHANGED,
        },
        request_headers=ON_READS,
        refusals=(NotTextError, TextTooLargeError, *_READ_REFUSALS),
    ),
}
