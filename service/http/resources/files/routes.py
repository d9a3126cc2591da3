"""`/v1/files/{id}`: a file's record."""

from typing import Any
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Request, Response, delete, patch, post
from litestar.params import FromPath

from domain.files.change_file import ChangeFile
from domain.files.copy_file import CopyFile
from domain.files.delete_file import DeleteFile
from domain.files.find_file import FindFile
from domain.files.model import Destination
from domain.files.patches import FilePatch
from service.http.bodies import read_json
from service.http.get_or_head import read
from service.http.headers.conditions import precondition_of
from service.http.idempotency import read_keyed_json
from service.http.representations import FileBody, file_response, found_response, unchanged_response


@read("/{file_id:uuid}")
@inject
async def get_file(
    request: Request[Any, Any, Any], file_id: FromPath[UUID], find_file: FromDishka[FindFile]
) -> Response[FileBody | None]:
    """Return a file's record."""
    file = await find_file(file_id)
    if precondition_of(request).is_fresh(file):
        return unchanged_response(file)
    return found_response(file)


@patch("/{file_id:uuid}")
@inject
async def patch_file(
    request: Request[Any, Any, Any],
    file_id: FromPath[UUID],
    change_file: FromDishka[ChangeFile],
) -> Response[FileBody]:
    """Rename, move, retype or annotate a file with a JSON merge patch."""
    return file_response(await change_file(file_id, await read_json(request, FilePatch), precondition_of(request)))


@delete("/{file_id:uuid}")
@inject
async def delete_file(
    request: Request[Any, Any, Any], file_id: FromPath[UUID], delete_file: FromDishka[DeleteFile]
) -> None:
    """Delete a file."""
    await delete_file(file_id, precondition_of(request))


@post("/{file_id:uuid}/copy")
@inject
async def copy_file(
    request: Request[Any, Any, Any],
    file_id: FromPath[UUID],
    copy_file: FromDishka[CopyFile],
) -> Response[FileBody]:
    """Copy a file at once, whatever its size: the copy shares its bytes."""
    to, keyed = await read_keyed_json(request, Destination)
    return file_response(await copy_file(file_id, to, precondition_of(request), keyed), status=201)
