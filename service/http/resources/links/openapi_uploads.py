"""The document's descriptions of uploads by links."""

from http import HTTPStatus

from domain.errors import InvalidInputError
from domain.uploads.errors import InvalidUploadMetadataError
from service.http.bodies.file_examples import FILE
from service.http.forms.errors import InvalidFormError
from service.http.openapi.headers import LOCATION
from service.http.openapi.operation import BYTES, Content, Header, Operation, Response
from service.http.resources.links.bodies import ReceivedBody
from service.http.resources.links.openapi import OPEN_PROBLEMS
from service.http.tus import openapi_headers as tus
from service.http.tus.protocol import OFFSET_OCTET_STREAM, UnsupportedTusVersionError

UPLOAD_ID = "019a6b1d-0f3a-7a52-b7c1-5e2f9d3a4b60"

_JPEG = {"example": "…"}
_RECEIVED = ReceivedBody(name="photo (2).jpg", content_type="image/jpeg", size=2_411_724, sha256=FILE.sha256)
_STORED = (Response(201, "The file is stored, under the name that is told.", _RECEIVED),)
_RAW = Content(media_types=("*/*",), schema=BYTES, examples=_JPEG, is_optional=True)
_FORM = Content(
    media_types=("multipart/form-data", "*/*"),
    schema={
        "type": "object",
        "properties": {"name": {"type": "string"}, "file": {"description": "The bytes.", **BYTES}},
        "required": ["file"],
    },
    examples={"example": {"name": "photo.jpg", "file": "…"}},
)
_PART = Content(media_types=(OFFSET_OCTET_STREAM,), schema=BYTES, examples=_JPEG, is_optional=True)
_FILE_NAME = Header(
    "Fileport-File-Name",
    "The name of the file that the upload has become, relative to the link's prefix and percent-encoded.",
    "photo%20%282%29.jpg",
)
_PROGRESS = (*(each for each in tus.PROGRESS if each is not tus.FILE_ID), _FILE_NAME)
_CREATION = tuple(each for each in tus.CREATION if each is not tus.NEW_CONCAT)
_PUT_PROBLEMS = (HTTPStatus.LENGTH_REQUIRED, InvalidInputError, *OPEN_PROBLEMS)

PUT_BY_LINK = Operation(body=_RAW, responses=_STORED, problems=_PUT_PROBLEMS)
PUT_BELOW_LINK = Operation(body=_RAW, responses=_STORED, problems=_PUT_PROBLEMS)
POST_BELOW_LINK = Operation(body=_RAW, responses=_STORED, problems=_PUT_PROBLEMS)
POST_BY_LINK = Operation(body=_FORM, responses=_STORED, problems=(InvalidFormError, *_PUT_PROBLEMS))
BEGIN_UPLOAD_BY_LINK = Operation(
    headers=_CREATION,
    sample=("Upload-Length", "Upload-Metadata"),
    body=_PART,
    responses=(Response(201, "The upload.", headers=(LOCATION, *_PROGRESS)),),
    problems=(UnsupportedTusVersionError, InvalidUploadMetadataError, InvalidInputError, *OPEN_PROBLEMS),
)
FIND_UPLOAD_BY_LINK = Operation(
    headers=(tus.SPOKEN_VERSION,),
    responses=(Response(200, "The upload.", headers=(*_PROGRESS, tus.LENGTH, tus.DEFER_LENGTH, tus.METADATA)),),
    problems=(UnsupportedTusVersionError, *OPEN_PROBLEMS),
)
APPEND_TO_UPLOAD_BY_LINK = Operation(
    headers=(tus.SPOKEN_VERSION, tus.SENT_OFFSET, tus.WHOLE_LENGTH, tus.CHECKSUM),
    body=_PART,
    responses=(Response(204, "The bytes are durable.", headers=_PROGRESS),),
    problems=(UnsupportedTusVersionError, *OPEN_PROBLEMS),
)
END_UPLOAD_BY_LINK = Operation(
    headers=(tus.SPOKEN_VERSION,),
    responses=(Response(204, "The upload is gone.", headers=(tus.TUS_RESUMABLE,)),),
    problems=(UnsupportedTusVersionError, *OPEN_PROBLEMS),
)
