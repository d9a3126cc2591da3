"""Downloads by name and by id."""

from dishka.integrations.litestar import FromDishka
from litestar.types import ASGIApp

from domain.files.content.read_file import ReadFile
from domain.files.content.read_text import ReadText
from domain.files.content.redirect_read import RedirectRead, may_redirect
from service.http.access import needs
from service.http.bodies.file_examples import BucketPath, FileId
from service.http.downloads.responses import content_response, text_response
from service.http.request import FileportRequest
from service.http.resources.content import openapi
from service.http.resources.content.parameters import Download, FilePath, Redirect
from service.http.resources.content.redirects import redirect_response
from service.http.routing import get_or_head
from service.runtime.concurrency import Capacity


@get_or_head(
    "/buckets/{bucket:str}/files/{name:path}",
    access=needs("read", or_public=True),
    operation=openapi.GET_CONTENT_BY_NAME,
    is_hot=True,
)
async def get_content_by_name(
    request: FileportRequest,
    *,
    bucket: BucketPath,
    name: FilePath,  # noqa: ARG001 - for the document; the name is read from the raw path
    read: FromDishka[ReadFile],
    redirect_read: FromDishka[RedirectRead],
    capacity: FromDishka[Capacity],
    download: Download = None,
    redirect: Redirect = False,
) -> ASGIApp:
    """Return the bytes of the file with that name, or parts of them.

    A `public` bucket's without a key; a wrong key is refused there as well.
    """
    address = request.location(bucket)
    content = await read(request.caller, address, with_bytes=request.method != "HEAD")
    if redirect and may_redirect(content):
        return await redirect_response(request, content, redirect_read, download=download)
    return content_response(request, content, capacity.downloads_for(request.caller), download=download)


@get_or_head("/files/{file_id:uuid}/content", access=needs("read"), operation=openapi.GET_CONTENT, is_hot=True)
async def get_content(
    request: FileportRequest,
    *,
    file_id: FileId,
    read: FromDishka[ReadFile],
    redirect_read: FromDishka[RedirectRead],
    capacity: FromDishka[Capacity],
    download: Download = None,
    redirect: Redirect = False,
) -> ASGIApp:
    """Return a file's bytes, or parts of them."""
    content = await read(request.caller, file_id, with_bytes=request.method != "HEAD")
    if redirect and may_redirect(content):
        return await redirect_response(request, content, redirect_read, download=download)
    return content_response(request, content, capacity.downloads, download=download)


@get_or_head("/files/{file_id:uuid}/text", access=needs("read"), operation=openapi.GET_TEXT)
async def get_text(
    request: FileportRequest,
    file_id: FileId,
    read: FromDishka[ReadText],
    capacity: FromDishka[Capacity],
) -> ASGIApp:
    """Return a file decoded as text, in UTF-8.

    Decoded by its byte order mark, which is not part of the text; else by the `charset` of its content type, whose
    labels are those of WHATWG's Encoding standard; else as UTF-8. Every byte is looked at before the
    answer begins, so that text that is cut short by a decoding error is never sent; and so only files of up to 64
    MiB are decoded.
    """
    return text_response(request, await read(request.caller, file_id), capacity.downloads)
