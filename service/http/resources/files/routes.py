"""`/v1/files/{id}`: a file's record."""

from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import delete, patch, post
from litestar.types import ASGIApp

from domain.files.change_file import ChangeFile
from domain.files.copy_file import CopyFile
from domain.files.delete_file import DeleteFile
from domain.files.find_file import FindFile
from domain.files.model import Destination
from domain.files.patches import FilePatch
from service.http.access import needs
from service.http.bodies.file_examples import FileId
from service.http.bodies.representations import file_response
from service.http.request import FileportRequest
from service.http.resources.files import openapi
from service.http.resources.files.bodies import found_response, unchanged_response
from service.http.resources.files.listing import list_files
from service.http.routing import get_or_head
from service.http.tags import FILES


@get_or_head("/{file_id:uuid}", access=needs("read", "list"), operation=openapi.GET_FILE, is_hot=True)
async def get_file(request: FileportRequest, file_id: FileId, find: FromDishka[FindFile]) -> ASGIApp:
    """Return a file's record."""
    file = await find(request.caller, file_id)
    if request.precondition.is_fresh(file):
        return unchanged_response(file)
    return found_response(file)


@patch("/{file_id:uuid}", access=needs("write"), operation=openapi.PATCH_FILE)
async def patch_file(
    request: FileportRequest,
    file_id: FileId,
    change: FromDishka[ChangeFile],
) -> ASGIApp:
    """Rename, move, retype or annotate a file with a JSON merge patch.

    RFC 7396: a field that is left out stays; within `metadata`, null removes a member; null for the whole of
    `metadata` or `tags` empties it. A new bucket must admit the file. The bytes are not touched.
    """
    return file_response(
        await change(request.caller, file_id, await request.read_json(FilePatch), request.precondition)
    )


@delete("/{file_id:uuid}", access=needs("delete"), operation=openapi.DELETE_FILE)
async def delete_file(request: FileportRequest, file_id: FileId, delete: FromDishka[DeleteFile]) -> None:
    """Delete a file.

    It cannot be read from here on. Its bytes are removed some time later, unless a copy has them.
    """
    await delete(request.caller, file_id, request.precondition)


@post("/{file_id:uuid}/copy", access=needs("read", "write"), operation=openapi.COPY_FILE)
async def copy_file(
    request: FileportRequest,
    file_id: FileId,
    copy: FromDishka[CopyFile],
) -> ASGIApp:
    """Copy a file at once, whatever its size: the copy shares its bytes.

    The copy has the content type, metadata and tags of the original, and an id and revisions of its own. Name
    another name, another bucket, or both.
    """
    to, keyed = await request.read_keyed_json(Destination)
    return file_response(await copy(request.caller, file_id, to, request.precondition, keyed), status=201)


ROUTER = DishkaRouter(
    "/files", opt={"tag": FILES}, route_handlers=[list_files, get_file, patch_file, delete_file, copy_file]
)
