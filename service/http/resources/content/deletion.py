"""Deletion by name."""

from dishka.integrations.litestar import FromDishka
from litestar import delete

from domain.files.delete_file import DeleteFile
from service.http.access import needs
from service.http.bodies.file_examples import BucketPath
from service.http.request import FileportRequest
from service.http.resources.content import openapi
from service.http.resources.content.parameters import FilePath


@delete("/buckets/{bucket:str}/files/{name:path}", access=needs("delete"), operation=openapi.DELETE_FILE_BY_NAME)
async def delete_file_by_name(
    request: FileportRequest,
    bucket: BucketPath,
    name: FilePath,  # noqa: ARG001 - for the document; the name is read from the raw path
    delete: FromDishka[DeleteFile],
) -> None:
    """Delete the file with that name.

    It cannot be read from here on. Its bytes are removed some time later, unless a copy has them.
    """
    await delete(request.caller, request.location(bucket), request.precondition)
