"""Headers that have one value (RFC 9110, section 5.3)."""

from http import HTTPStatus
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.handlers import BaseRouteHandler

# Each decides on the outcome. Those that have errors of their own, and dates, are checked where they are read.
_SINGLETONS = (b"authorization", b"content-type", b"tus-resumable", b"x-http-method-override")


async def refuse_repeated(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard routes: raise 400 for a header that stands twice though one value counts; proxies may take the other one.

    A coroutine although it awaits nothing: Litestar would run a plain function in a thread.
    """
    names = [name for name, _ in connection.scope["headers"]]
    if len(names) == len(set(names)):
        return
    repeated = next((name for name in names if name in _SINGLETONS and names.count(name) > 1), None)
    if repeated is None:
        return
    raise HTTPException(
        status_code=HTTPStatus.BAD_REQUEST, detail=f"{repeated.decode('ascii').title()} stands more than once."
    )
