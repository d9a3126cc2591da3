"""What handlers are given by dishka: parts that live as long as the application."""

from dishka import AsyncContainer
from litestar import Litestar
from litestar.types import ASGIApp, Receive, Scope, Send

# dishka's wrappers of handlers look here, in the state of a request.
_CONTAINER = "dishka_container"


def inject_from(container: AsyncContainer, app: Litestar) -> None:
    """Let the handlers of `app` have their parts from `container`.

    dishka's own `setup_dishka` makes a container for each request, for parts that live as long as one. There are none
    here, and it refers to the request, which refers to it: a circle of a hundred objects that waits for the garbage
    collector.
    """
    app.asgi_handler = _sharing(container, app.asgi_handler)
    app.state.dishka_container = container


def _sharing(container: AsyncContainer, app: ASGIApp) -> ASGIApp:
    async def sharing(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"][_CONTAINER] = container
        await app(scope, receive, send)

    return sharing
