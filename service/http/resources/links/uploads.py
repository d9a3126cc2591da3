"""`/s/{token}` for uploads: an upload link at work."""

import re
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import HttpMethod, Response, delete, patch, post, put, route
from msgspec.structs import replace

from domain.files.model import NewFile
from domain.links.uploading.enter_upload_link import EnterUploadLink, Entry
from domain.links.uploading.resume_by_link import ResumeByLink, ResumedUpload
from domain.links.uploading.store_by_link import Received, StoreByLink
from domain.uploads.model import Upload
from domain.values.media_types import content_type_of
from domain.values.preconditions import NO_PRECONDITION
from service.http.access import OPEN
from service.http.forms.refusals import refuse_what_is_no_file
from service.http.forms.upload_form import UploadForm
from service.http.openapi.parameters import path
from service.http.proxies.base_url import base_url
from service.http.request import FileportRequest
from service.http.resources.links import openapi_uploads as openapi
from service.http.resources.links.bodies import ReceivedBody, received_body
from service.http.resources.links.visits import LinkToken, visit_of
from service.http.tags import LINKS
from service.http.tus.additions import addition_of, first_addition_of
from service.http.tus.bodies import added_response, begun_response, found_response
from service.http.tus.headers import has_body, new_upload
from service.http.tus.protocol import require_version
from service.runtime.concurrency import Capacity
from service.settings import Settings

UploadId = Annotated[UUID, path("The upload's id.", openapi.UPLOAD_ID)]
RelativeName = Annotated[
    str, path("The file's name, relative to the link's prefix: a Unicode path, percent-encoded.", "photo.jpg")
]
# From the raw path, as names below buckets are.
_NAME = re.compile(rb"/s/[^/]+/(?P<name>.*)", re.DOTALL)


@post(
    "/{token:str}/uploads",
    status_code=201,
    request_max_body_size=None,
    guards=[require_version],
    access=OPEN,
    operation=openapi.BEGIN_UPLOAD_BY_LINK,
)
async def begin_upload_by_link(
    request: FileportRequest,
    *,
    token: LinkToken,
    enter: FromDishka[EnterUploadLink],
    resume: FromDishka[ResumeByLink],
    capacity: FromDishka[Capacity],
    settings: FromDishka[Settings],
) -> Response[None]:
    """Begin a resumable upload by a link, with its first bytes or without.

    Of `Upload-Metadata`, `filename` and `filetype` count. The name is relative to the link's prefix.
    """
    entry = await _entered(request, token, enter)
    new = new_upload(request)
    base = base_url(request.scope, public_url=settings.public_url, trusted_proxies=settings.trusted_proxies)
    uploads = f"{base}/s/{token}/uploads"
    if not has_body(request):
        begun = await resume.begin(entry, new, None, None)
        return _named(begun_response(_shown(begun), uploads), begun)
    first = first_addition_of(request)
    async with capacity.keyless_uploads.slot(entry.caller):
        begun = await resume.begin(entry, new, first, request.stream())
    return _named(begun_response(_shown(begun), uploads), begun)


@route(
    "/{token:str}/uploads/{upload_id:uuid}",
    http_method=[HttpMethod.HEAD],
    guards=[require_version],
    access=OPEN,
    operation=openapi.FIND_UPLOAD_BY_LINK,
)
async def find_upload_by_link(
    request: FileportRequest,
    token: LinkToken,
    upload_id: UploadId,
    enter: FromDishka[EnterUploadLink],
    resume: FromDishka[ResumeByLink],
) -> Response[None]:
    """Tell how far an upload is that was begun with the same link."""
    found = await resume.find(await _entered(request, token, enter), upload_id)
    return _named(found_response(_shown(found)), found)


@patch(
    "/{token:str}/uploads/{upload_id:uuid}",
    status_code=204,
    request_max_body_size=None,
    guards=[require_version],
    access=OPEN,
    operation=openapi.APPEND_TO_UPLOAD_BY_LINK,
)
async def append_to_upload_by_link(
    request: FileportRequest,
    *,
    token: LinkToken,
    upload_id: UploadId,
    enter: FromDishka[EnterUploadLink],
    resume: FromDishka[ResumeByLink],
    capacity: FromDishka[Capacity],
) -> Response[None]:
    """Add bytes to an upload that was begun with the same link. With the last of them it becomes a file.

    `Fileport-File-Name` then tells under which name. The link is looked up with each request, and behind its bytes.
    """
    entry = await _entered(request, token, enter)
    addition = addition_of(request)
    async with capacity.keyless_uploads.slot(entry.caller):
        added = await resume.append(entry, upload_id, addition, request.stream())
    return _named(added_response(_shown(added)), added)


@delete(
    "/{token:str}/uploads/{upload_id:uuid}",
    guards=[require_version],
    access=OPEN,
    operation=openapi.END_UPLOAD_BY_LINK,
)
async def end_upload_by_link(
    request: FileportRequest,
    token: LinkToken,
    upload_id: UploadId,
    enter: FromDishka[EnterUploadLink],
    resume: FromDishka[ResumeByLink],
) -> None:
    """End an upload that was begun with the same link. A file that it became stays."""
    await resume.end(await _entered(request, token, enter), upload_id)


@put("/{token:str}", status_code=201, request_max_body_size=None, access=OPEN, operation=openapi.PUT_BY_LINK)
async def put_by_link(
    request: FileportRequest,
    token: LinkToken,
    enter: FromDishka[EnterUploadLink],
    store: FromDishka[StoreByLink],
    capacity: FromDishka[Capacity],
) -> Response[ReceivedBody]:
    """Store the request's body as the file of a link that has a name.

    Nothing is overwritten: where the name is taken, 409. With a prefix the link makes a name up.
    """
    return await _put(request, await _entered(request, token, enter), "", store, capacity)


@post("/{token:str}", status_code=201, request_max_body_size=None, access=OPEN, operation=openapi.POST_BY_LINK)
async def post_by_link(
    request: FileportRequest,
    token: LinkToken,
    enter: FromDishka[EnterUploadLink],
    store: FromDishka[StoreByLink],
    capacity: FromDishka[Capacity],
) -> Response[ReceivedBody]:
    """Store the file of a form, or the request's body.

    Of the form, the part `file` counts, and the field `name` before it. Where the link has a prefix and the name is
    taken, the file gets another one, such as `photo (2).jpg`, which the answer tells.
    """
    entry = await _entered(request, token, enter)
    if request.media_type != "multipart/form-data":
        return await _put(request, entry, "", store, capacity)
    form = UploadForm(request)
    async with capacity.keyless_uploads.slot(entry.caller):
        sent = await form.file(entry.bucket, NO_PRECONDITION)
        if entry.link.name is not None:
            sent = replace(sent, name="")  # a browser always sends one
        return _received(await store(entry, sent, form.content()))


@put(
    "/{token:str}/{name:path}",
    status_code=201,
    request_max_body_size=None,
    access=OPEN,
    operation=openapi.PUT_BELOW_LINK,
)
async def put_below_link(
    request: FileportRequest,
    *,
    token: LinkToken,
    name: RelativeName,  # noqa: ARG001 - for the document; the name is read from the raw path
    enter: FromDishka[EnterUploadLink],
    store: FromDishka[StoreByLink],
    capacity: FromDishka[Capacity],
) -> Response[ReceivedBody]:
    """Store the request's body below a link's prefix: `curl -T`.

    Nothing is overwritten: where the name is taken, the file gets another one, such as `photo (2).jpg`, which the
    answer tells.
    """
    return await _put(request, await _entered(request, token, enter), _relative_name(request), store, capacity)


@post(
    "/{token:str}/{name:path}",
    status_code=201,
    request_max_body_size=None,
    access=OPEN,
    operation=openapi.POST_BELOW_LINK,
)
async def post_below_link(
    request: FileportRequest,
    *,
    token: LinkToken,
    name: RelativeName,  # noqa: ARG001 - likewise
    enter: FromDishka[EnterUploadLink],
    store: FromDishka[StoreByLink],
    capacity: FromDishka[Capacity],
) -> Response[ReceivedBody]:
    """Do as PUT does."""
    return await _put(request, await _entered(request, token, enter), _relative_name(request), store, capacity)


async def _entered(request: FileportRequest, token: str, enter: EnterUploadLink) -> Entry:
    entry = await enter(token, visit_of(request, token))
    request.scope["user"] = entry.caller
    return entry


async def _put(
    request: FileportRequest, entry: Entry, name: str, store: StoreByLink, capacity: Capacity
) -> Response[ReceivedBody]:
    refuse_what_is_no_file(request, "/s/{token}")
    sent = NewFile(
        bucket=entry.bucket,
        name=name,
        content_type=content_type_of(name or entry.link.name or "", request.headers.get("content-type")),
        size=request.content_length,
        digests=request.digests,
    )
    async with capacity.keyless_uploads.slot(entry.caller):
        return _received(await store(entry, sent, request.stream()))


def _received(received: Received) -> Response[ReceivedBody]:
    return Response(received_body(received), status_code=201)


def _relative_name(request: FileportRequest) -> str:
    return request.name_in(_NAME, "/s/, a token, a slash and a file name")


def _shown(resumed: ResumedUpload) -> Upload:
    """Return the upload as the link's visitors see it: the id of its file is not for them."""
    return replace(resumed.upload, file_id=None)


def _named(response: Response[None], resumed: ResumedUpload) -> Response[None]:
    if resumed.name is not None:
        response.headers["Fileport-File-Name"] = quote(resumed.name)
    return response


ROUTER = DishkaRouter(
    "/",
    opt={"tag": LINKS},
    route_handlers=[
        begin_upload_by_link,
        find_upload_by_link,
        append_to_upload_by_link,
        end_upload_by_link,
        put_by_link,
        post_by_link,
        put_below_link,
        post_below_link,
    ],
)
