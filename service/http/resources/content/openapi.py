"""The document's descriptions of files' bytes."""

from http import HTTPStatus

import msgspec
from msgspec.structs import replace

from domain.buckets.errors import InvalidBucketError
from domain.errors import OverloadedError
from domain.files.content.read_file import ReadFile
from domain.files.content.read_text import ReadText
from domain.files.content.redirect_read import RedirectRead
from domain.files.content.store_file import StoreFile
from domain.files.errors import InvalidMetadataError, InvalidNameError, InvalidTagsError
from domain.files.metadata import Metadata, Tags
from domain.files.names import MAX_NAME_BYTES, FileName
from domain.values.errors import RangeNotSatisfiableError
from service.http.file_examples import BUCKET, FILE, FILE_ID, NEW_FILE, REPLACED, UNCHANGED
from service.http.openapi.headers import (
    ACCEPT_RANGES,
    CONTENT_DIGEST,
    CONTENT_LENGTH,
    CONTENT_RANGE,
    DISPOSITION,
    ETAG,
    GUARDS,
    IDEMPOTENCY_KEY,
    LAST_MODIFIED,
    LOCATION,
    ON_CHANGES,
    ON_RANGES,
    ON_READS,
    REPR_DIGEST,
    WANT_CONTENT_DIGEST,
    WANT_REPR_DIGEST,
)
from service.http.openapi.operation import BYTES, Answer, Content, Operation, Parameter, json_of
from service.http.openapi.schemas import schema_of
from service.http.resources.content.forms import InvalidFormError
from service.http.tags import CONTENT

_STORED = (Answer(200, "The file of that name has the new bytes.", json_of(REPLACED), (ETAG,)), NEW_FILE)
_FLAC = {"example": "fLaC…"}
_FORM = {
    "type": "object",
    "properties": {
        "name": msgspec.json.schema(FileName),
        "metadata": msgspec.json.schema(Metadata),
        "tags": {
            **schema_of(Tags),
            "description": "May be repeated, and may hold several tags: a JSON array, or with commas between.",
        },
        "file": {"description": "The bytes.", **BYTES},
    },
    "required": ["file"],
    "additionalProperties": False,
}
_FORM_EXAMPLE = {"name": FILE.name, "metadata": FILE.metadata, "tags": list(FILE.tags), "file": "fLaC…"}
_VALIDATORS = (ETAG, LAST_MODIFIED, ACCEPT_RANGES)
_FILE_HEADERS = (*_VALIDATORS, CONTENT_LENGTH, DISPOSITION, REPR_DIGEST, *GUARDS)
_NAME = Parameter(
    "The file's name: a Unicode path, percent-encoded. Its slashes may stand as they are, or be encoded.",
    FILE.name,
    schema_of(FileName),
)
_DOWNLOAD = {
    "download": Parameter(
        "Have a browser save the bytes, under this name, or under the file's own if it is empty.",
        "a night at the opera.flac",
        {"maxLength": MAX_NAME_BYTES},
    ),
    "redirect": Parameter(
        "Answer 307 to a URL of the blob store's own that serves the bytes, or a range of them, with the file's type "
        "and disposition. It needs no key, so whoever has it can read the bytes until it ends. Send it no "
        "`Authorization`. 409 where the bytes are kept on a disk.",
        True,
    ),
}
_READ = Operation(
    tag=CONTENT,
    description=(
        "A browser shows what it cannot run: common images, audio and video, and plain text. The rest it is to save, "
        "HTML, SVG and XML always. If the bytes end before `Content-Length`, they are not whole: ask for the rest with "
        "`Range`."
    ),
    headers=(*ON_READS, *ON_RANGES, WANT_REPR_DIGEST, WANT_CONTENT_DIGEST),
    answers=(
        Answer(
            200,
            "The bytes, with the file's content type.",
            Content(media_types=("*/*",), schema=BYTES, examples=_FLAC),
            (*_FILE_HEADERS, CONTENT_DIGEST),
        ),
        Answer(
            206,
            "The part that was asked for, with the file's content type and `Content-Range`; several parts as "
            "`multipart/byteranges`, each with these two.",
            Content(media_types=("*/*", "multipart/byteranges"), schema=BYTES, examples=_FLAC),
            (*_FILE_HEADERS, CONTENT_RANGE),
        ),
        UNCHANGED,
        Answer(307, "With `redirect`: where the bytes are, for a short time.", headers=(LOCATION,)),
    ),
    problems=(
        InvalidNameError,
        RangeNotSatisfiableError,
        OverloadedError,
        *ReadFile.errors,
        *RedirectRead.errors,
    ),
)

PUT_FILE = Operation(
    tag=CONTENT,
    parameters={"bucket": BUCKET, "name": _NAME},
    headers=(*ON_CHANGES, IDEMPOTENCY_KEY),
    body=Content(media_types=("*/*",), schema=BYTES, examples=_FLAC, is_optional=True),
    answers=_STORED,
    problems=(HTTPStatus.LENGTH_REQUIRED, OverloadedError, *StoreFile.errors),
)
POST_FILE = Operation(
    tag=CONTENT,
    parameters={"bucket": BUCKET},
    headers=(*ON_CHANGES, IDEMPOTENCY_KEY),
    body=Content(
        media_types=("multipart/form-data",),
        schema=_FORM,
        encoding={"metadata": {"contentType": "application/json"}},
        examples={"example": _FORM_EXAMPLE},
    ),
    answers=_STORED,
    problems=(InvalidFormError, InvalidMetadataError, InvalidTagsError, OverloadedError, *StoreFile.errors),
)
GET_CONTENT_BY_NAME = replace(
    _READ,
    parameters={"bucket": BUCKET, "name": _NAME, **_DOWNLOAD},
    problems=(InvalidBucketError, *_READ.problems),
)
GET_CONTENT = replace(_READ, parameters={"file_id": FILE_ID, **_DOWNLOAD})
GET_TEXT = Operation(
    tag=CONTENT,
    parameters={"file_id": FILE_ID},
    headers=ON_READS,
    answers=(
        Answer(
            200,
            "The text.",
            Content(
                media_types=("text/plain; charset=utf-8",),
                schema={"type": "string"},
                examples={"example": "Is this the real life?\n"},
            ),
            (*_VALIDATORS, *GUARDS),
        ),
        UNCHANGED,
    ),
    problems=(OverloadedError, *ReadText.errors),
)
