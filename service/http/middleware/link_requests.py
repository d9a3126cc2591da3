"""Requests with a link's token: it is a secret that stands in their path."""

import re
from collections.abc import Container

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

_MASK = "/s/***"
# The beginnings of most paths.
_OTHERS = ("/v1/", "/health/")
_LINK = re.compile(r"[/.]*s(?:/|$)", re.IGNORECASE)
_PLAIN = re.compile(rb"/s/[^/%]+((?:/.*)?)", re.DOTALL)
_REFERRER = (b"referrer-policy", b"no-referrer")


def is_link(scope: HTTPScope, _: Container[bytes] = frozenset()) -> bool:
    """Return whether a path begins as those of links, in whichever spelling, and if it leads nowhere."""
    path = scope["path"]
    return not path.startswith(_OTHERS) and _LINK.match(path) is not None


def shown_path(scope: HTTPScope) -> str:
    """Return the path of a request as it was sent, without the token of a link. It is fit for a line of a log."""
    raw = scope["raw_path"]
    if not is_link(scope):
        return raw.decode("ascii", "backslashreplace")
    plain = _PLAIN.fullmatch(raw)
    return _MASK + (plain[1].decode("ascii", "backslashreplace") if plain else "")


def keep_links_secret(app: ASGIApp) -> ASGIApp:
    """Wrap `app`: no response to a link's address has a browser pass the address on, refusals included."""

    async def keeping(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not is_link(scope):
            await app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], _REFERRER]
            await send(message)

        await app(scope, receive, send_guarded)

    return keeping
