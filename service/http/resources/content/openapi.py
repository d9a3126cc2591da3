"""The document's descriptions of files' bytes."""

from http import HTTPStatus

import msgspec
from msgspec.structs import replace

from domain.buckets.errors import InvalidBucketError
from domain.errors import InvalidInputError, OverloadedError
from domain.files.errors import InvalidMetadataError, InvalidNameError, InvalidTagsError
from domain.files.metadata import Metadata, Tags
from domain.files.names import PathName
from domain.values.errors import RangeNotSatisfiableError
from service.http.bodies.file_examples import FILE, NEW_FILE, REPLACED, UNCHANGED
from service.http.forms.errors import InvalidFormError
from service.http.openapi import headers
from service.http.openapi.operation import BYTES, Content, Operation, Response
from service.http.openapi.schemas import schema_of

_STORED = (Response(200, "The file of that name has the new bytes.", REPLACED, (headers.ETAG,)), NEW_FILE)
_FLAC, _SONG = {"example": "fLaC…"}, {"example": "Is this the real life?\n"}
_TEXT = Content(
    media_types=("text/plain; charset=utf-8",),
    schema={"type": "string"},
    examples={"example": "Is this the real life?\n"},
)
_FORM = {
    "type": "object",
    "properties": {
        "name": msgspec.json.schema(PathName),
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
_VALIDATORS = (headers.ETAG, headers.LAST_MODIFIED, headers.ACCEPT_RANGES)
_FILE_HEADERS = (*_VALIDATORS, headers.CONTENT_LENGTH, headers.DISPOSITION, headers.REPR_DIGEST, *headers.GUARDS)

GET_CONTENT = Operation(
    description=(
        "A browser shows what it cannot run: common images, audio and video, and plain text. The rest it is to save, "
        "HTML, SVG and XML always. If the bytes end before `Content-Length`, they are not whole: ask for the rest with "
        "`Range`."
    ),
    headers=(*headers.ON_READS, *headers.ON_RANGES, headers.WANT_REPR_DIGEST, headers.WANT_CONTENT_DIGEST),
    responses=(
        Response(
            200,
            "The bytes, with the file's content type.",
            Content(media_types=("*/*",), schema=BYTES, examples=_FLAC),
            (*_FILE_HEADERS, headers.CONTENT_DIGEST),
        ),
        Response(
            206,
            "The part that was asked for, with the file's content type and `Content-Range`; several parts as "
            "`multipart/byteranges`, each with these two.",
            Content(media_types=("*/*", "multipart/byteranges"), schema=BYTES, examples=_FLAC),
            (*_FILE_HEADERS, headers.CONTENT_RANGE),
        ),
        UNCHANGED,
        Response(307, "With `redirect`: where the bytes are, for a short time.", headers=(headers.LOCATION,)),
    ),
    problems=(InvalidNameError, RangeNotSatisfiableError, OverloadedError),
)

PUT_FILE = Operation(
    headers=(*headers.ON_CHANGES, headers.IDEMPOTENCY_KEY),
    body=Content(media_types=("*/*",), schema=BYTES, examples=_FLAC, is_optional=True),
    responses=_STORED,
    problems=(HTTPStatus.LENGTH_REQUIRED, InvalidInputError, OverloadedError),
)
POST_FILE = Operation(
    headers=(*headers.ON_CHANGES, headers.IDEMPOTENCY_KEY),
    body=Content(
        media_types=("multipart/form-data",),
        schema=_FORM,
        encoding={"metadata": {"contentType": "application/json"}},
        examples={"example": _FORM_EXAMPLE},
    ),
    responses=_STORED,
    problems=(InvalidFormError, InvalidMetadataError, InvalidTagsError, OverloadedError),
)
GET_CONTENT_BY_NAME = replace(GET_CONTENT, problems=(InvalidBucketError, *GET_CONTENT.problems))
DELETE_FILE_BY_NAME = Operation(
    headers=headers.ON_CHANGES,
    responses=(Response(204, "The file is gone."),),
    problems=(InvalidBucketError, InvalidNameError),
)
GET_TEXT = Operation(
    headers=headers.ON_READS,
    responses=(Response(200, "The text.", _TEXT, (*_VALIDATORS, *headers.GUARDS)), UNCHANGED),
    problems=(OverloadedError,),
)
