"""The routes to files' bytes, below `/v1/buckets` and `/v1/files`."""

from dishka.integrations.litestar import DishkaRouter

from service.http.resources.content.deletion import delete_file_by_name
from service.http.resources.content.downloads import get_content, get_content_by_name, get_text
from service.http.resources.content.stores import post_file, put_file
from service.http.tags import CONTENT

ROUTER = DishkaRouter(
    "/",
    opt={"tag": CONTENT},
    route_handlers=[put_file, post_file, get_content_by_name, delete_file_by_name, get_content, get_text],
)
