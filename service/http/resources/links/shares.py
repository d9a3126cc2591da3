"""`/s/{token}`: a link at work."""

from typing import Annotated

from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar.types import ASGIApp

from domain.links.open_share_link import OpenShareLink
from service.http.access import OPEN
from service.http.downloads.responses import content_response
from service.http.openapi.parameters import query
from service.http.proxies.base_url import base_url
from service.http.request import FileportRequest
from service.http.resources.links import openapi
from service.http.resources.links.visits import LinkToken, link_headers, visit_of
from service.http.routing import get_or_head
from service.http.tags import LINKS
from service.runtime.concurrency import Capacity
from service.settings import Settings


@get_or_head("/{token:str}", access=OPEN, operation=openapi.OPEN_LINK)
async def open_link(
    request: FileportRequest,
    *,
    token: LinkToken,
    open_: FromDishka[OpenShareLink],
    capacity: FromDishka[Capacity],
    settings: FromDishka[Settings],
    inline: Annotated[bool, query("Have a browser show the bytes, where that is safe, not save them.", True)] = False,
) -> ASGIApp:
    """Return the bytes of a link's file, or parts of them.

    Where the link has a password, it is asked for by HTTP Basic, with any user name. After ten wrong ones in a minute
    from an address, none is looked at for a while.
    """
    content = await open_(token, visit_of(request, token))
    base = base_url(request.scope, public_url=settings.public_url, trusted_proxies=settings.trusted_proxies)
    headers = link_headers(request, content, token, inline=inline, is_secure=base.startswith("https:"))
    request.scope["user"] = content.caller
    return content_response(request, content, capacity.downloads_for(content.caller), download=None, headers=headers)


ROUTER = DishkaRouter("/", opt={"tag": LINKS}, route_handlers=[open_link])
