"""Authentication by bearer token (RFC 6750, section 2.1): the root key may call."""

import hmac
from typing import Any, cast

from litestar.connection import ASGIConnection
from litestar.enums import HttpMethod
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.types import HTTPScope

from service.http.connection import mark_authenticated

_SCHEME = "bearer "
ROOT = "root"


class RequireRootKey:
    """A guard that admits only the bearer of the root key.

    A path's `OPTIONS` need no key: they do nothing, and are in the document that is open to all.
    """

    def __init__(self, root_key: str) -> None:
        self._root_key = root_key.encode()

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        """Raises `NotAuthorizedException`. Takes the same time for every wrong key of one length.

        A coroutine although it awaits nothing: Litestar would run a plain function in a thread.
        """
        if connection.scope.get("method") == HttpMethod.OPTIONS:
            return
        header = connection.headers.get("authorization", "")
        given = header[len(_SCHEME) :].strip() if header.lower().startswith(_SCHEME) else ""
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), self._root_key):
            raise NotAuthorizedException(
                "The request needs the header Authorization: Bearer, with a valid key.",
                headers={"WWW-Authenticate": 'Bearer realm="fileport"'},
            )
        mark_authenticated(cast(HTTPScope, connection.scope))
