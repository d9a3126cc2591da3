"""Uploads by name and by form: bytes in, a file out."""

from http import HTTPStatus
from typing import Any

from dishka.integrations.litestar import FromDishka, inject
from litestar import Request, Response, post, put
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from domain.errors import InvalidInputError
from domain.files.content.store_once import StoreOnce
from domain.files.model import NewFile
from domain.values.media_types import content_type_of
from service.http.bodies import declared_length, stream_body
from service.http.headers.conditions import precondition_of
from service.http.headers.digests import declared_digests
from service.http.idempotency import keyed_upload
from service.http.paths import location_of
from service.http.representations import FileBody, stored_response
from service.http.resources.content.forms import UploadForm
from service.runtime.concurrency import Capacity


@put("/{bucket:str}/files/{name:path}", status_code=200, request_max_body_size=None)
@inject
async def put_file(
    request: Request[Any, Any, Any],
    bucket: FromPath[str],
    name: FromPath[str],  # noqa: ARG001 - for the document; the name is read from the raw path
    store_once: FromDishka[StoreOnce],
    capacity: FromDishka[Capacity],
) -> Response[FileBody]:
    """Store the request's body as a file, or replace the bytes of the file with that name.

    A replaced file keeps its id, metadata and tags.
    """
    place = location_of(request, bucket)
    _refuse_what_is_not_the_file(request)
    new = NewFile(
        bucket=place.bucket,
        name=place.name,
        content_type=content_type_of(place.name, request.headers.get("content-type")),
        size=declared_length(request),
        digests=declared_digests(request),
        precondition=precondition_of(request),
    )
    async with capacity.uploads.slot():
        return stored_response(await store_once(new, stream_body(request), keyed_upload(request, new)))


@post("/{bucket:str}/files", status_code=201, request_max_body_size=None)
@inject
async def post_file(
    request: Request[Any, Any, Any],
    bucket: FromPath[str],
    store_once: FromDishka[StoreOnce],
    capacity: FromDishka[Capacity],
) -> Response[FileBody]:
    """Store the file of a `multipart/form-data` request."""
    form = UploadForm(request)
    async with capacity.uploads.slot():
        new = await form.file(bucket, precondition_of(request))
        return stored_response(await store_once(new, form.content(), keyed_upload(request, new)))


def _refuse_what_is_not_the_file(request: Request[Any, Any, Any]) -> None:
    # RFC 9110, section 14.5: a part of the file, which would take the place of the whole.
    if "content-range" in request.headers:
        raise InvalidInputError("PUT stores whole files: Content-Range is refused.")
    # Section 8.4: nothing would tell readers of the coding.
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise HTTPException(status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail="Content-Encoding is not supported.")
