"""The document's descriptions of archives."""

from msgspec.structs import replace

from domain.archives.model import MAX_ARCHIVE_FILES
from domain.archives.read_archive import ReadArchive
from domain.errors import OverloadedError, QueryTooExpensiveError
from domain.files.errors import InvalidNameError
from domain.files.search.errors import InvalidFilterError
from domain.values.errors import RangeNotSatisfiableError
from service.http.bodies.file_examples import COPY, FILE, UNCHANGED
from service.http.openapi import headers
from service.http.openapi.operation import Content, Operation, Response, json_of
from service.http.resources.archives.bodies import ArchiveRequest
from service.http.resources.archives.zip.body import MEDIA_TYPE

_ABOUT = (
    "The files are as they all were at one moment, stored and not compressed, under their names; what an extractor "
    "could not take safely, or at all, is renamed."
)
_ZIP = Content(
    media_types=(MEDIA_TYPE,), schema={"contentMediaType": MEDIA_TYPE}, examples={"example": "PK\u0003\u0004…"}
)
_HEADERS = (headers.CONTENT_LENGTH, headers.DISPOSITION, headers.ACCEPT_RANGES, *headers.GUARDS)

GET_ARCHIVE = Operation(
    description=(
        f"{_ABOUT} They stand in the order of their names, at most {MAX_ARCHIVE_FILES} of them. The same revisions of "
        "the same files are the same bytes: if they end before `Content-Length`, ask for the rest with `Range`, and "
        "with the `ETag` in `If-Range`. A parameter that is not named here is refused."
    ),
    sample=("bucket", "prefix"),
    headers=(headers.IF_MATCH, headers.IF_NONE_MATCH_ON_READS, *headers.ON_RANGES),
    responses=(
        Response(200, "The archive.", _ZIP, (headers.ETAG, *_HEADERS)),
        Response(
            206,
            "The part that was asked for, with `Content-Range`; several parts as `multipart/byteranges`, each with it.",
            replace(_ZIP, media_types=(MEDIA_TYPE, "multipart/byteranges")),
            (headers.ETAG, *_HEADERS, headers.CONTENT_RANGE),
        ),
        UNCHANGED,
    ),
    problems=(
        InvalidFilterError,
        RangeNotSatisfiableError,
        OverloadedError,
        QueryTooExpensiveError,
        *ReadArchive.prefix_errors,
    ),
)
POST_ARCHIVE = Operation(
    description=(
        f"{_ABOUT} They stand in the order of their ids; an id that stands twice counts once. Files of several buckets "
        "stand under their buckets' names. If the bytes end before `Content-Length`, they are not whole: ask again."
    ),
    body=json_of(ArchiveRequest(ids=(FILE.id, COPY.id), name="opera.zip")),
    responses=(Response(200, "The archive.", _ZIP, _HEADERS),),
    problems=(InvalidNameError, OverloadedError),
)
