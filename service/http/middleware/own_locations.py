"""`Location` as clients can follow it, where the service is reached by another URL than the one that it listens on."""

from collections.abc import Sequence

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service.http.proxies.base_url import own_url
from service.http.proxies.forwarded import Network


def own_locations(app: ASGIApp, *, public_url: str | None, trusted_proxies: Sequence[Network]) -> ASGIApp:
    """Wrap `app`: paths in `Location` become the URLs by which the client knows them.

    Resources need not know where the service stands. Without a setting that could tell it, return `app`.
    """
    if public_url is None and not trusted_proxies:
        return app

    async def locating(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return

        async def send_located(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, whole(value) if name.lower() == b"location" else value) for name, value in message["headers"]
                ]
            await send(message)

        def whole(location: bytes) -> bytes:
            if not location.startswith(b"/"):
                return location
            return own_url(
                location.decode("latin-1"), scope, public_url=public_url, trusted_proxies=trusted_proxies
            ).encode("latin-1")

        await app(scope, receive, send_located)

    return locating
