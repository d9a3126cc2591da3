"""The coding of a request's body (RFC 9110, section 8.4): none is undone here."""

from http import HTTPStatus
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

from service.http.headers.fields import field_value

_IDENTITY = frozenset({"", "identity"})


async def refuse_content_coding(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard routes that take a body. Raises 415 for one that is encoded: its readers would not learn of it.

    A coroutine although it awaits nothing: Litestar would run a plain function in a thread.
    """
    if all(name != b"content-encoding" for name, _ in connection.scope["headers"]):
        return
    operation = handler.opt.get("operation")
    codings = field_value(connection.headers, "content-encoding").lower().split(",")
    if operation is None or operation.body is None or _IDENTITY.issuperset(map(str.strip, codings)):
        return
    raise HTTPException(
        status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        detail="Content-Encoding is not supported: send the body as it is.",
    )
