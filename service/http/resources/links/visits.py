"""Requests with a link's token, and the headers of their answers."""

from typing import Annotated

from domain.links.open_share_link import SharedContent
from domain.links.tokens import TICKET_SECONDS, handle_of
from domain.links.visit import Visit
from domain.values.addresses import network_of
from service.http.headers.basic_credentials import basic_password
from service.http.headers.disposition import content_disposition, is_safe_inline
from service.http.openapi.parameters import path
from service.http.request import FileportRequest
from service.http.resources.links.openapi import TOKEN

LinkToken = Annotated[str, path("The link's token.", TOKEN, {"pattern": "^[0-9A-Za-z_-]+$"})]


def visit_of(request: FileportRequest, token: str) -> Visit:
    """Return the request as a visit of the link."""
    state = request.scope.get("state", {})
    return Visit(
        address=network_of(state.get("client", "")),
        request_id=state.get("request_id"),
        password=basic_password(request.headers.get("authorization", "")),
        ticket=request.cookies.get(_cookie(token), ""),
        part=request.if_range if request.ranges else None,
        with_bytes=request.method != "HEAD",
    )


def link_headers(
    request: FileportRequest, content: SharedContent, token: str, *, inline: bool, is_secure: bool
) -> dict[str, str]:
    """Return the headers of a link's file that differ from those of any download, or come on top of them."""
    link, file = content.link, content.file
    is_unchanged = request.precondition.is_fresh(file)
    headers = {"Cache-Control": "no-store"}
    if not is_unchanged:
        headers["Content-Disposition"] = content_disposition(
            link.filename or file.name, inline=inline and is_safe_inline(file.content_type)
        )
    if link.password_hash is not None or link.max_downloads is not None:
        has_bytes = request.method == "GET" and not is_unchanged
        ticket = content.ticket_with_bytes if has_bytes else content.ticket_without
        # Without a path, browsers send it to where it came from and beside it, whatever a proxy has put before that.
        headers["Set-Cookie"] = f"{_cookie(token)}={ticket}; HttpOnly; SameSite=Lax; Max-Age={TICKET_SECONDS}" + (
            "; Secure" if is_secure else ""
        )
    return headers


def _cookie(token: str) -> str:
    return f"fileport-{handle_of(token)}"
