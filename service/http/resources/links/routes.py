"""`/v1/files/{id}/links` and `/v1/links`: links, made and managed."""

from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import Response, delete, post

from domain.access.cursors import Cursors
from domain.links.find_link import FindLink
from domain.links.list_share_links import ListShareLinks
from domain.links.model import LinkPage, NewShare, NewUploadLink
from domain.links.revoke_link import RevokeLink
from domain.links.share_file import ShareFile
from domain.links.uploading.list_upload_links import ListUploadLinks
from domain.links.uploading.make_upload_link import MakeUploadLink
from domain.values.cursors import decode_position, encode_position
from service.http.access import needs
from service.http.bodies.file_examples import BucketPath, FileId
from service.http.openapi.parameters import next_cursor, path, query
from service.http.proxies.base_url import base_url
from service.http.request import FileportRequest
from service.http.resources.links import openapi
from service.http.resources.links.bodies import LinkBody, LinkPageBody, MadeLinkBody, link_body, made_response
from service.http.routing import get_or_head
from service.http.tags import LINKS
from service.settings import Settings

LinkId = Annotated[UUID, path("The link's id.", str(openapi.SHARE.id))]
Limit = Annotated[int, query("At most so many links.", 20, ge=1, le=100)]
Cursor = Annotated[str | None, next_cursor(openapi.PAGE.next)]


@post("/files/{file_id:uuid}/links", status_code=201, access=needs("read"), operation=openapi.SHARE_FILE)
async def share_file(
    request: FileportRequest, file_id: FileId, share: FromDishka[ShareFile], settings: FromDishka[Settings]
) -> Response[MadeLinkBody]:
    """Make a link that serves a file to people without a key.

    The link serves the file as it is then, under whatever name, until it expires, is revoked or used up, or until the
    file, or its maker's right to read it, is gone. `url` and `token` are in this answer only. `max_downloads` counts
    each download as its first byte is sent; one that goes on with `Range` and `If-Range`, from the same address or with
    the cookie of the link, within an hour, does not count again.
    """
    made = await share(request.caller, file_id, await request.read_json(NewShare))
    base = base_url(request.scope, public_url=settings.public_url, trusted_proxies=settings.trusted_proxies)
    return made_response(made, base)


@get_or_head("/files/{file_id:uuid}/links", access=needs("read", "list"), operation=openapi.LIST_SHARE_LINKS)
async def list_share_links(
    request: FileportRequest,
    file_id: FileId,
    *,
    list_page: FromDishka[ListShareLinks],
    cursors: FromDishka[Cursors],
    limit: Limit = 20,
    cursor: Cursor = None,
) -> LinkPageBody:
    """List the links of a file that were not revoked, the newest first.

    An admin sees all of them, another caller those that it has made.
    """
    page = await list_page(request.caller, file_id, after=_position(request, cursors, cursor), limit=limit)
    return _page_body(request, cursors, page, limit)


@post("/buckets/{bucket:str}/upload-links", status_code=201, access=needs("write"), operation=openapi.MAKE_UPLOAD_LINK)
async def make_upload_link(
    request: FileportRequest, bucket: BucketPath, make: FromDishka[MakeUploadLink], settings: FromDishka[Settings]
) -> Response[MadeLinkBody]:
    """Make a link by which people without a key store files: one of that name, or any below a prefix.

    Nothing is overwritten, read or deleted by it. It ends when it expires, is revoked or used up, or when its bucket,
    or its maker's right to write there, is gone. `max_files` counts the uploads that were begun.
    """
    made = await make(request.caller, bucket, await request.read_json(NewUploadLink))
    base = base_url(request.scope, public_url=settings.public_url, trusted_proxies=settings.trusted_proxies)
    return made_response(made, base)


@get_or_head("/buckets/{bucket:str}/upload-links", access=needs("write"), operation=openapi.LIST_UPLOAD_LINKS)
async def list_upload_links(
    request: FileportRequest,
    bucket: BucketPath,
    *,
    list_page: FromDishka[ListUploadLinks],
    cursors: FromDishka[Cursors],
    limit: Limit = 20,
    cursor: Cursor = None,
) -> LinkPageBody:
    """List the upload links of a bucket that were not revoked, the newest first.

    An admin sees all of them, another caller those that it has made.
    """
    page = await list_page(request.caller, bucket, after=_position(request, cursors, cursor), limit=limit)
    return _page_body(request, cursors, page, limit)


@get_or_head("/links/{link_id:uuid}", access=needs("read", "write"), operation=openapi.GET_LINK)
async def get_link(request: FileportRequest, link_id: LinkId, find: FromDishka[FindLink]) -> LinkBody:
    """Return a link and how often it was used, without its token.

    Its maker sees it, and an admin of what it leads to.
    """
    return link_body(await find(request.caller, link_id))


@delete("/links/{link_id:uuid}", access=needs("read", "write"), operation=openapi.REVOKE_LINK)
async def revoke_link(request: FileportRequest, link_id: LinkId, revoke: FromDishka[RevokeLink]) -> None:
    """Revoke a link: nothing more begins with it.

    A download that runs goes on to its end.
    """
    await revoke(request.caller, link_id)


def _position(request: FileportRequest, cursors: Cursors, cursor: str | None) -> UUID | None:
    known = cursors.take(request.caller, cursor)
    return None if known is None else decode_position(known, UUID)


def _page_body(request: FileportRequest, cursors: Cursors, page: LinkPage, limit: int) -> LinkPageBody:
    next_ = cursors.give(request.caller, None if page.next is None else encode_position(page.next))
    return LinkPageBody(items=[link_body(each) for each in page.items], limit=limit, next=next_)


ROUTER = DishkaRouter(
    "/",
    opt={"tag": LINKS},
    route_handlers=[share_file, list_share_links, make_upload_link, list_upload_links, get_link, revoke_link],
)
