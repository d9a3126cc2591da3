"""Uploads by name and by form: bytes in, a file out."""

import msgspec
from dishka.integrations.litestar import FromDishka
from litestar import post, put
from litestar.types import ASGIApp

from domain.files.content.admission import check_new_file
from domain.files.content.store_once import StoreOnce
from domain.files.model import NewFile
from domain.idempotency.model import KeyedRequest
from domain.values.media_types import content_type_of
from service.http.access import needs
from service.http.bodies.file_examples import BucketPath
from service.http.bodies.representations import stored_response
from service.http.forms.refusals import refuse_what_is_no_file
from service.http.forms.upload_form import UploadForm
from service.http.request import FileportRequest
from service.http.resources.content import openapi
from service.http.resources.content.parameters import FilePath
from service.runtime.concurrency import Capacity


@put(
    "/buckets/{bucket:str}/files/{name:path}",
    status_code=200,
    request_max_body_size=None,
    access=needs("write"),
    operation=openapi.PUT_FILE,
    is_hot=True,
)
async def put_file(
    request: FileportRequest,
    bucket: BucketPath,
    name: FilePath,  # noqa: ARG001 - for the document; the name is read from the raw path
    store: FromDishka[StoreOnce],
    capacity: FromDishka[Capacity],
) -> ASGIApp:
    """Store the request's body as a file, or replace the bytes of the file with that name.

    A replaced file keeps its id, metadata and tags. The body is the file, of any length, chunked or not: `curl -T`.
    It is acknowledged once it is durable. Where the `Content-Type` says nothing, the extension of the name decides,
    else the first bytes.
    `If-None-Match: *` stores only a new file. To replace, `If-Match` guards against overwriting what somebody else
    has stored in the meantime.
    """
    location = request.location(bucket)
    refuse_what_is_no_file(request, "/v1/buckets/{bucket}/files")
    new = NewFile(
        bucket=location.bucket,
        name=location.name,
        content_type=content_type_of(location.name, request.headers.get("content-type")),
        size=request.content_length,
        digests=request.digests,
        precondition=request.precondition,
    )
    async with capacity.uploads.slot(request.caller):
        return stored_response(await store(request.caller, new, request.stream(), _keyed(request, new)))


@post(
    "/buckets/{bucket:str}/files",
    status_code=201,
    request_max_body_size=None,
    access=needs("write"),
    operation=openapi.POST_FILE,
)
async def post_file(
    request: FileportRequest,
    bucket: BucketPath,
    store: FromDishka[StoreOnce],
    capacity: FromDishka[Capacity],
) -> ASGIApp:
    """Store the file of a `multipart/form-data` request.

    The part `file` is the last one, for it is stored as it arrives; the fields stand before it. The name is the
    field `name`, else the part's `filename*`, else its `filename`, one of which must be there. Where the part's
    `Content-Type` says nothing, the name's extension decides, else the first bytes. The file of that name, if there
    is one, is replaced, and keeps the metadata and tags that the form leaves out. Parts in Base64 or quoted-printable
    are decoded.
    """
    form = UploadForm(request)
    async with capacity.uploads.slot(request.caller):
        new = await form.file(bucket, request.precondition)
        return stored_response(await store(request.caller, new, form.content(), _keyed(request, new)))


def _keyed(request: FileportRequest, new: NewFile) -> KeyedRequest | None:
    """Return an upload with its key; its bytes may not be known yet. Raises the errors of `keyed` and `check_new_file`.

    A form is identified by its description of the file, for its boundary is another one each time. A repeat may leave
    out lengths and digests, or add them.
    """
    if "idempotency-key" not in request.headers:
        return None
    new = check_new_file(new)  # an invalid description cannot always be encoded
    described = [new.name, new.content_type, new.metadata, new.tags]
    return request.keyed(msgspec.json.encode(described, order="sorted"))
