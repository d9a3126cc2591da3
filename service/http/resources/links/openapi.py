"""The document's descriptions of links."""

from http import HTTPStatus
from uuid import UUID

from msgspec.structs import replace

from domain.errors import CatalogBusyError, CatalogUnavailableError, OverloadedError, PreconditionFailedError
from domain.links.model import DEFAULT_LIFE, Link, MadeLink, Maker, NewShare, NewUploadLink
from domain.values.cursors import encode_position
from domain.values.errors import InvalidCursorError, RangeNotSatisfiableError
from service.http.bodies.file_examples import CREATED, FILE, UNCHANGED
from service.http.middleware.in_flight import ShuttingDownError
from service.http.openapi import headers
from service.http.openapi.operation import BYTES, Content, Header, Operation, Response, json_of
from service.http.resources.links.bodies import LinkPageBody, link_body, made_body

TOKEN = "kS0m3-R4ndom_T0ken-of-43-characters-for-a-link"
SHARE = Link(
    id=UUID("019a6b31-44c0-7b1e-8a2f-6c0d9e1f2a3b"),
    kind="share",
    maker=Maker(kind="root"),
    secret=b"",
    created_at=CREATED,
    expires_at=CREATED + DEFAULT_LIFE,
    used=1,
    file_id=FILE.id,
    password_hash="",
    max_downloads=3,
    filename="opera.flac",
)
UPLOAD = Link(
    id=UUID("019a6b33-0d1f-7c2a-9b3e-7d1e0f2a3b4c"),
    kind="upload",
    maker=Maker(kind="root"),
    secret=b"",
    created_at=CREATED,
    expires_at=CREATED + DEFAULT_LIFE,
    used=12,
    bucket="music",
    prefix="inbox/",
    max_file_size=104_857_600,
    allowed_types=("audio/*",),
    max_files=100,
)
PAGE = LinkPageBody(items=[link_body(SHARE)], limit=20, next=encode_position(SHARE.id))
_MADE = made_body(MadeLink(replace(SHARE, used=0), TOKEN), "https://files.example.com")
_PASSWORD = "correct horse"
_NEW = NewShare(expires_at=CREATED.replace(year=2100), password=_PASSWORD, max_downloads=3, filename=SHARE.filename)
_MADE_UPLOAD = made_body(MadeLink(replace(UPLOAD, used=0), TOKEN), "https://files.example.com")
_INBOX = NewUploadLink(prefix="inbox/", max_file_size=104_857_600, allowed_types=("audio/*",), max_files=100)
_ONE_FILE = NewUploadLink(name="report.pdf", expires_at=CREATED.replace(year=2100))
_REFERRER = Header("Referrer-Policy", "Pages are not to pass the link on.", "no-referrer")
_COOKIE = Header(
    "Set-Cookie",
    "Of a link with a password or a limit: for an hour, the reader is not asked again, and may resume its download.",
    "fileport-5f1c2b3a4d5e6f70=1762334772.11.9f86d081884c7d65; HttpOnly; SameSite=Lax; Max-Age=3600",
)
_GUARDS = (*headers.GUARDS, _REFERRER)
_FILE_HEADERS = (
    headers.ETAG,
    headers.LAST_MODIFIED,
    headers.ACCEPT_RANGES,
    headers.CONTENT_LENGTH,
    headers.DISPOSITION,
    headers.REPR_DIGEST,
    *_GUARDS,
)
_FLAC = {"example": "fLaC…"}
_AUTHORIZATION = Header(
    "Authorization", "The link's password, by Basic with any user name (RFC 7617).", "Basic bWU6Y29ycmVjdCBob3JzZQ=="
)
OPEN_PROBLEMS = (
    HTTPStatus.BAD_REQUEST,
    PreconditionFailedError,
    OverloadedError,
    CatalogUnavailableError,
    CatalogBusyError,
    ShuttingDownError,
)

SHARE_FILE = Operation(
    body=json_of(_NEW, usual=NewShare()),
    responses=(Response(201, "The link.", _MADE, (headers.LOCATION,)),),
)
LIST_SHARE_LINKS = Operation(responses=(Response(200, "A page of links.", PAGE),), problems=(InvalidCursorError,))
MAKE_UPLOAD_LINK = Operation(
    body=json_of(_INBOX, one_file=_ONE_FILE),
    responses=(Response(201, "The link.", _MADE_UPLOAD, (headers.LOCATION,)),),
)
LIST_UPLOAD_LINKS = Operation(
    responses=(Response(200, "A page of links.", replace(PAGE, items=[link_body(UPLOAD)])),),
    problems=(InvalidCursorError,),
)
GET_LINK = Operation(responses=(Response(200, "The link.", json_of(link_body(SHARE), upload=link_body(UPLOAD))),))
REVOKE_LINK = Operation(responses=(Response(204, "The link has ended."),))
OPEN_LINK = Operation(
    headers=(_AUTHORIZATION, *headers.ON_READS, *headers.ON_RANGES, headers.WANT_REPR_DIGEST),
    responses=(
        Response(
            200,
            "The bytes, with the file's content type.",
            Content(media_types=("*/*",), schema=BYTES, examples=_FLAC),
            _FILE_HEADERS,
        ),
        Response(
            206,
            "The part that was asked for.",
            Content(media_types=("*/*", "multipart/byteranges"), schema=BYTES, examples=_FLAC),
            (*_FILE_HEADERS, headers.CONTENT_RANGE),
        ),
        replace(UNCHANGED, headers=(*UNCHANGED.headers, _REFERRER)),
    ),
    problems=(RangeNotSatisfiableError, *OPEN_PROBLEMS),
)
